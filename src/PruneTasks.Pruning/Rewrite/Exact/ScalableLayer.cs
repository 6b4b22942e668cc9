using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A layer whose channels can take a factor and a shift into its weights.</summary>
internal abstract class ScalableLayer
{
    /// <summary>The weight, read by this layer alone.</summary>
    public abstract Value Weight { get; }

    /// <summary>Output channels become factor · y + shift.</summary>
    public abstract void ScaleOutput(Graph graph, double[] factor, double[] shift);

    /// <summary>Computes from x what it computed from factor · x + shift.</summary>
    public abstract void ScaleInput(Graph graph, double[] factor, double[] shift);

    /// <summary>The layer whose result <paramref name="value"/> is, with <paramref name="channels"/> channels along <paramref name="axis"/>.</summary>
    public static ScalableLayer? Before(Value value, int axis, int channels, InferredShapes shapes)
    {
        if (value.Producer is { Domain: "", OpType: "Conv" or "ConvTranspose" } node)
            return axis == 1 && ConvolutionLayer.TryGet(node) is { } c && c.OutChannels == channels ? c : null;
        // The channels of a linear layer are its last axis, which the second is only of a matrix.
        return ScorePath.LayerOf(value) is { } view && view.OutFeatures == channels && shapes.ShapeOf(view.Output)?.Count == axis + 1 ? LinearLayer.Of(view) : null;
    }

    /// <summary>The layer that reads a value with <paramref name="channels"/> channels along <paramref name="axis"/>.</summary>
    public static ScalableLayer? After(Use use, int axis, int channels, InferredShapes shapes)
    {
        if (use is { Index: 0, Node: { Domain: "", OpType: "Conv" } node })
            return axis == 1 && ConvolutionLayer.TryGet(node) is { IsUnpadded: true } c && c.InChannels == channels ? c : null;
        return LinearView.TryGet(use.Node) is { } view && view.Input == use.Node.Inputs[use.Index] && use.Index != view.WeightInput
            && view.InFeatures == channels && shapes.ShapeOf(view.Input)?.Count == axis + 1 ? LinearLayer.Of(view) : null;
    }

    /// <summary>Read here alone, so that it can be changed in place.</summary>
    protected static bool IsOwn(Value weight) => weight is { IsGraphOutput: false, IsCaptured: false, Uses.Count: 1 };
}
