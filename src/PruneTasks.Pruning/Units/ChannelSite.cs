using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Channels that have to go together in every layer that makes or reads them, whatever lies between these layers.</summary>
/// <param name="Name">See <see cref="PruneSite"/>.</param>
/// <param name="Units">Number of channels, or of sets of channels that only go together (as in a grouped convolution).</param>
/// <param name="Affected">Every activation axis that becomes shorter. Several sites may share one axis.</param>
/// <param name="First">See <see cref="PruneSite"/>.</param>
/// <param name="Producers">Layers whose output makes the units.</param>
/// <param name="Consumers">Layers that sum over the units: with zeros at their coordinates a unit is gone in effect.</param>
/// <param name="Constants">Every constant that becomes shorter: weights and biases of both, and what acts on single channels between them.</param>
public sealed record ChannelSite(
    string Name, int Units, IReadOnlyList<AffectedAxis> Affected, Node First,
    IReadOnlyList<ChannelEnd> Producers, IReadOnlyList<ChannelEnd> Consumers, IReadOnlyList<ConstantAxis> Constants)
    : PruneSite(UnitKind.Channel, Name, Units, Affected, First);

/// <summary>An axis of an initializer that becomes shorter: coordinate c belongs to unit <paramref name="UnitOf"/>[c], or to none of the site (-1).</summary>
public sealed record ConstantAxis(Value Constant, int Axis, IReadOnlyList<int> UnitOf);

/// <summary>A layer at one end of a channel group.</summary>
/// <param name="Node">The layer: Conv, ConvTranspose, Gemm, MatMul, LSTM …</param>
/// <param name="WeightInput">Which of its inputs the weight is; a constant.</param>
/// <param name="WeightAxis">Axis of the weight along the units: along the outputs at a producer, along the inputs at a consumer.</param>
/// <param name="UnitOf">Unit of each coordinate of that axis, or -1.</param>
public sealed record ChannelEnd(Node Node, int WeightInput, int WeightAxis, IReadOnlyList<int> UnitOf)
{
    /// <summary>The weight.</summary>
    public Value Weight => Node.Inputs[WeightInput]!;
}
