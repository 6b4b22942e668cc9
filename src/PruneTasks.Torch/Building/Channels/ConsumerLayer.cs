using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// A layer that sums over channels, as linear maps of rows y = xW + b, one for each group: a Conv or ConvTranspose on the windows it reads, or a linear layer
/// (Gemm, MatMul, Einsum) on its rows, or the input weights of a recurrent layer (LSTM, GRU, RNN) on the rows of all steps: then y is what the gates get from the input.
/// The features of a window are (channel, place in the kernel), the place moving fastest.
/// </summary>
/// <param name="end">The layer and its units.</param>
/// <param name="linear">The same as a linear layer; <see langword="null"/> for a convolution or a recurrent layer.</param>
internal sealed class ConsumerLayer(ChannelEnd end, LinearView? linear)
{
    /// <summary>The layer and its units.</summary>
    public ChannelEnd End => end;

    /// <summary>It reads rows, not windows of a map.</summary>
    public bool HasRows => linear is not null || IsRecurrent;

    /// <summary>It is a recurrent layer; the weights are those of its input, the rows of all gates of all directions.</summary>
    public bool IsRecurrent { get; } = end.Node is { Domain: "", OpType: "LSTM" or "GRU" or "RNN" };

    /// <summary>The same layer at the other places at which its weight is used; each has a bias of its own, or none.</summary>
    public IReadOnlyList<ConsumerLayer> Twins { get; private init; } = [];

    /// <summary>The layer at every place at which its weight is used, itself first.</summary>
    public IEnumerable<ConsumerLayer> Places => [this, .. Twins];

    /// <summary>It is a ConvTranspose.</summary>
    public bool IsTransposed => end.Node.OpType == "ConvTranspose";

    /// <summary>Groups of a convolution.</summary>
    public int Groups { get; } = end.Node.OpType is "Conv" or "ConvTranspose" ? (int)end.Node.Int("group", 1) : 1;

    /// <summary>Places in the kernel; 1 for a linear layer.</summary>
    public int Taps { get; } = end.Node.OpType is "Conv" or "ConvTranspose" ? (int)end.Weight.Constant!.Shape.Skip(2).Aggregate(1L, (a, b) => a * b) : 1;

    /// <summary>Channels that one group reads.</summary>
    public int Inputs => linear?.InFeatures ?? (int)(IsRecurrent ? Shape[2] : IsTransposed ? Shape[0] / Groups : Shape[1]);

    /// <summary>Channels that one group makes.</summary>
    public int Outputs => linear?.OutFeatures ?? (int)(IsRecurrent ? Shape[0] * Shape[1] : IsTransposed ? Shape[1] : Shape[0] / Groups);

    /// <summary>Features of one group.</summary>
    public int Features => Inputs * Taps;

    /// <summary>What it reads.</summary>
    public Value Input => linear?.Input ?? end.Node.Inputs[0]!;

    /// <summary>What it gives, bias included; of a recurrent layer, what comes out of the cells.</summary>
    public Value Output => linear?.Output ?? end.Node.Outputs[0];

    /// <summary>The bias, a vector of its own; <see langword="null"/> where there is none.</summary>
    /// <remarks>Of a recurrent layer [directions, 2 · gates · hidden]: the first half of each row belongs to the input.</remarks>
    public Value? Bias => AnyBias is { Uses.Count: 1, IsGraphOutput: false, IsCaptured: false, IsInitializer: true, Constant: { } content } bias && content.Count == (long)Groups * Outputs * (IsRecurrent ? 2 : 1) ? bias : null;

    /// <summary>Initializers that a refit changes.</summary>
    public IEnumerable<Value> Weights => [end.Weight, .. Places.Select(p => p.Bias).OfType<Value>()];

    private LinearView? View => linear;

    private Value? AnyBias => linear is not null ? linear.Bias : Optional(IsRecurrent ? 3 : 2);

    private Value? Optional(int input) => input < end.Node.Inputs.Count ? end.Node.Inputs[input] : null;

    // A bias that cannot be changed would be in the way of a refit.
    private bool IsWhole => AnyBias is null || Bias is not null;

    private IReadOnlyList<long> Shape => end.Weight.Constant!.Shape;

    /// <summary>The layer, or <see langword="null"/> where it can only be masked: another operator, a weight that others read in another way, a bias that is shared, or a shape that is not told by the weight.</summary>
    public static ConsumerLayer? Of(ChannelEnd end)
    {
        if (end.Weight is not { IsGraphOutput: false, IsCaptured: false, Constant: not null }) return null;
        if (At(end) is not { } layer) return null;
        if (end.Weight.Uses.Count == 1) return layer;
        // Used in several places: one weight has to serve all of them, so all have to be known, and their statistics have to be small enough to be kept side by side.
        ConsumerLayer?[] twins = [.. end.Weight.Uses.Where(u => u.Node != end.Node).Select(u => u.Index == end.WeightInput && u.Node.OpType == end.Node.OpType ? At(end with { Node = u.Node }) : null)];
        return layer.Features <= ChannelLimits.Prices.Windows && end.Weight.Uses.Count(u => u.Node == end.Node) == 1 && twins.All(t => t is not null && t.Groups == layer.Groups)
            ? new ConsumerLayer(end, layer.View) { Twins = [.. twins.OfType<ConsumerLayer>()] } : null;
    }

    /// <summary>The layer at one place, whoever else uses its weight.</summary>
    private static ConsumerLayer? At(ChannelEnd end)
    {
        ConsumerLayer? layer = null;
        if (end.Node is { Domain: "", OpType: "Conv" or "ConvTranspose" })
        {
            bool transposed = end.Node.OpType == "ConvTranspose";
            if (end.WeightInput == 1 && end.WeightAxis == (transposed ? 0 : 1) && end.Weight.Constant!.Shape.Count is >= 3 and <= 5 && end.Node.Inputs[0] is { Constant: null }
                && !(transposed && (end.Node.Ints("output_shape") is not null || end.Node.String("auto_pad", "NOTSET") is "SAME_UPPER" or "SAME_LOWER")))
            {
                layer = new ConsumerLayer(end, null);
            }
        }
        else if (end.Node is { Domain: "", OpType: "LSTM" or "GRU" or "RNN" })
        {
            // Of the recurrence itself (R) no pre-activation is linear in what the samples show.
            if (end.WeightInput == 1 && end.WeightAxis == 2 && end.Weight.Constant!.Shape.Count == 3 && end.Node.Inputs[0] is { Constant: null }) layer = new ConsumerLayer(end, null);
        }
        else if (LinearView.TryGet(end.Node) is { } view && view.Weight == end.Weight && view.InAxis == end.WeightAxis)
        {
            layer = new ConsumerLayer(end, view);
        }
        return layer is { IsWhole: true } ? layer : null;
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
        if (IsRecurrent) return weight.reshape(Outputs, Inputs).t().unsqueeze(0);
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
        Tensor laid = IsRecurrent ? weight.squeeze(0).t() : IsTransposed ? weight.reshape(Groups, Inputs, Taps, Outputs).permute(0, 1, 3, 2) : weight.transpose(1, 2);
        graph.SetWeight(end.Weight, laid.reshape([.. Shape]).to(float32).contiguous());
    }

    /// <summary>b [groups, outputs] in float64, zero where the layer has none of its own.</summary>
    public Tensor BiasOf(LoweredGraph graph)
    {
        if (Bias is not { } bias) return zeros(Groups, Outputs, dtype: float64);
        if (IsRecurrent) return InputHalf(graph.Weight(bias)).to(float64).reshape(1, -1);
        return (linear is not null ? LayerWeights.Bias(graph, linear) : graph.Weight(bias).to(float64)).reshape(Groups, Outputs);
    }

    /// <summary>Puts <paramref name="bias"/> [groups, outputs] in the place of the layer's.</summary>
    /// <exception cref="InvalidOperationException">The layer has no bias of its own.</exception>
    public void SetBias(LoweredGraph graph, Tensor bias)
    {
        Value value = Bias ?? throw new InvalidOperationException($"'{Output.Name}' has no bias of its own");
        if (IsRecurrent)
        {
            Tensor both = graph.Weight(value).clone();
            InputHalf(both).copy_(bias.reshape(Shape[0], Shape[1]));
            graph.SetWeight(value, both);
        }
        else if (linear is not null)
        {
            LayerWeights.SetBias(graph, linear, bias.reshape(-1));
        }
        else
        {
            graph.SetWeight(value, bias.to(float32).reshape(graph.Weight(value).shape).contiguous());
        }
    }

    /// <summary>Of a recurrent layer: what the gates of the untouched network get from an input [steps, batch, inputs], which no value of the graph holds.</summary>
    public Tensor FromInput(Tensor input)
    {
        Tensor weight = TorchTypes.ToTensor(end.Weight.Constant!).to(input.dtype).reshape(Outputs, Inputs), sums = input.matmul(weight.t());
        return Bias?.Constant is { } bias ? sums + InputHalf(TorchTypes.ToTensor(bias)).to(input.dtype).reshape(-1) : sums;
    }

    private Tensor InputHalf(Tensor biases) => biases.narrow(1, 0, Shape[1]);

    /// <inheritdoc/>
    public override string ToString() => $"{end.Node.OpType} {Groups}×[{Inputs}·{Taps} -> {Outputs}] {Output}";
}
