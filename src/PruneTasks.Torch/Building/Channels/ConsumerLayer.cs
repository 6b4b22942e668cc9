using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// A layer that sums over channels, as linear maps of rows y = xW + b, one for each group: a Conv or ConvTranspose on the windows it reads, or a linear layer
/// (Gemm, MatMul, Einsum) on its rows. The features of a window are (channel, place in the kernel), the place moving fastest.
/// </summary>
/// <param name="end">The layer and its units.</param>
/// <param name="linear">The same as a linear layer; <see langword="null"/> for a convolution.</param>
internal sealed class ConsumerLayer(ChannelEnd end, LinearView? linear)
{
    /// <summary>The layer and its units.</summary>
    public ChannelEnd End => end;

    /// <summary>The same as a linear layer; <see langword="null"/> for a convolution.</summary>
    public LinearView? Linear => linear;

    /// <summary>It is a ConvTranspose.</summary>
    public bool IsTransposed => end.Node.OpType == "ConvTranspose";

    /// <summary>Groups of a convolution.</summary>
    public int Groups { get; } = linear is null ? (int)end.Node.Int("group", 1) : 1;

    /// <summary>Places in the kernel; 1 for a linear layer.</summary>
    public int Taps { get; } = linear is null ? (int)end.Weight.Constant!.Shape.Skip(2).Aggregate(1L, (a, b) => a * b) : 1;

    /// <summary>Channels that one group reads.</summary>
    public int Inputs => linear?.InFeatures ?? (int)(IsTransposed ? Shape[0] / Groups : Shape[1]);

    /// <summary>Channels that one group makes.</summary>
    public int Outputs => linear?.OutFeatures ?? (int)(IsTransposed ? Shape[1] : Shape[0] / Groups);

    /// <summary>Features of one group.</summary>
    public int Features => Inputs * Taps;

    /// <summary>What it reads.</summary>
    public Value Input => linear?.Input ?? end.Node.Inputs[0]!;

    /// <summary>What it gives, bias included.</summary>
    public Value Output => linear?.Output ?? end.Node.Outputs[0];

    /// <summary>The bias, a vector of its own; <see langword="null"/> where there is none.</summary>
    public Value? Bias => AnyBias is { Uses.Count: 1, IsGraphOutput: false, IsCaptured: false, Constant: { } content } bias && content.Count == (long)Groups * Outputs ? bias : null;

    /// <summary>Initializers that a refit changes.</summary>
    public IEnumerable<Value> Weights => Bias is { } bias ? [end.Weight, bias] : [end.Weight];

    private Value? AnyBias => linear is not null ? linear.Bias : end.Node.Inputs.Count > 2 ? end.Node.Inputs[2] : null;

    // A bias that cannot be changed would be in the way of a refit.
    private bool IsWhole => AnyBias is null || Bias is not null;

    private IReadOnlyList<long> Shape => end.Weight.Constant!.Shape;

    /// <summary>The layer, or <see langword="null"/> where it can only be masked: another operator, a weight or bias that other layers share, or a shape that is not told by the weight.</summary>
    public static ConsumerLayer? Of(ChannelEnd end)
    {
        if (end.Weight is not { Uses.Count: 1, IsGraphOutput: false, IsCaptured: false, Constant: { } content }) return null;
        if (end.Node is { Domain: "", OpType: "Conv" or "ConvTranspose" })
        {
            bool transposed = end.Node.OpType == "ConvTranspose";
            bool known = end.WeightInput == 1 && end.WeightAxis == (transposed ? 0 : 1) && content.Shape.Count is >= 3 and <= 5 && end.Node.Inputs[0] is { Constant: null }
                && !(transposed && (end.Node.Ints("output_shape") is not null || end.Node.String("auto_pad", "NOTSET") is "SAME_UPPER" or "SAME_LOWER"));
            return known && new ConsumerLayer(end, null) is { IsWhole: true } convolution ? convolution : null;
        }
        return LinearView.TryGet(end.Node) is { } view && view.Weight == end.Weight && view.InAxis == end.WeightAxis && new ConsumerLayer(end, view) is { IsWhole: true } layer ? layer : null;
    }

    /// <summary>Unit of a channel of a group, or -1.</summary>
    public int UnitOf(int group, int channel) => end.UnitOf[IsTransposed ? (group * Inputs) + channel : channel];

    /// <summary>[features] unit of each feature of a group, or -1.</summary>
    public int[] UnitsOf(int group) => [.. Enumerable.Range(0, Features).Select(f => UnitOf(group, f / Taps))];

    /// <summary>W [groups, features, outputs] in float64.</summary>
    public Tensor Weight(LoweredGraph graph)
    {
        if (linear is not null) return LayerWeights.Weight(graph, linear).unsqueeze(0);
        Tensor weight = graph.Weight(end.Weight).to(float64);
        return IsTransposed
            ? weight.reshape(Groups, Inputs, Outputs, Taps).permute(0, 1, 3, 2).reshape(Groups, Features, Outputs)
            : weight.reshape(Groups, Outputs, Features).transpose(1, 2);
    }

    /// <summary>Puts <paramref name="weight"/>, laid out as by <see cref="Weight"/>, in the place of the layer's.</summary>
    public void SetWeight(LoweredGraph graph, Tensor weight)
    {
        if (linear is not null)
        {
            LayerWeights.SetWeight(graph, linear, weight.squeeze(0));
            return;
        }
        Tensor laid = IsTransposed ? weight.reshape(Groups, Inputs, Taps, Outputs).permute(0, 1, 3, 2) : weight.transpose(1, 2);
        graph.SetWeight(end.Weight, laid.reshape([.. Shape]).to(float32).contiguous());
    }

    /// <summary>b [groups, outputs] in float64, zero where the layer has none of its own.</summary>
    public Tensor BiasOf(LoweredGraph graph)
    {
        if (Bias is not { } bias) return zeros(Groups, Outputs, dtype: float64);
        return (linear is not null ? LayerWeights.Bias(graph, linear) : graph.Weight(bias).to(float64)).reshape(Groups, Outputs);
    }

    /// <summary>Puts <paramref name="bias"/> [groups, outputs] in the place of the layer's.</summary>
    /// <exception cref="InvalidOperationException">The layer has no bias of its own.</exception>
    public void SetBias(LoweredGraph graph, Tensor bias)
    {
        Value value = Bias ?? throw new InvalidOperationException($"'{Output.Name}' has no bias of its own");
        if (linear is not null) LayerWeights.SetBias(graph, linear, bias.reshape(-1));
        else graph.SetWeight(value, bias.to(float32).reshape(graph.Weight(value).shape).contiguous());
    }

    /// <inheritdoc/>
    public override string ToString() => $"{end.Node.OpType} {Groups}×[{Inputs}·{Taps} -> {Outputs}] {Output}";
}
