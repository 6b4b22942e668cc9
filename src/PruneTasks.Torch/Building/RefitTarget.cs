using PruneTasks.Onnx;

namespace PruneTasks.Torch.Building;

/// <summary>A layer to be refitted, and what its output is added to.</summary>
internal sealed record RefitTarget(LinearView Layer, ResidualSum? Residual)
{
    /// <summary>Aims at the residual sum after <paramref name="layer"/>, if there is one.</summary>
    public static RefitTarget Of(LinearView layer, InferredShapes shapes) => new(layer, ResidualSum.After(layer.Output, shapes));

    /// <summary>The dense values needed: the sum, the stream and what stands before each move between; or the layer's output alone.</summary>
    public Value[] Dense => Residual is { } r ? [r.Sum, r.Stream, .. r.Moves.Select(m => m.Inputs[0]!)] : [Layer.Output];

    /// <summary>The pruned values needed: the layer's input, and the stream.</summary>
    public Value[] Pruned => Residual is { } r ? [Layer.Input, r.Stream] : [Layer.Input];
}
