using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>One end of a layer as found: the weight's axis, and whether the layer sums over it.</summary>
internal sealed record FoundEnd(Node Node, int WeightInput, int WeightAxis, bool SumsOver);

/// <summary>An axis that other axes were joined to: its coordinates are those of <paramref name="Parts"/>, the last one running fastest.</summary>
internal sealed record JoinedAxis(AxisRange Whole, IReadOnlyList<AxisRange> Parts, Node Node);

/// <summary>A grouped convolution of which either whole groups go, or the same channels of every group.</summary>
internal sealed record GroupChoice(Node Node, AxisRange Input, AxisRange Output, AxisRange WeightIn, AxisRange WeightOut, int Groups);

/// <summary>The axes of all values of a graph, and what the rules of the operators say about them.</summary>
internal sealed class ChannelAxes(ShapeInvariants invariants)
{
    /// <summary>Longer axes are not followed: they are vocabularies or signals, not channels.</summary>
    private const int Longest = 1 << 18;

    private readonly Dictionary<Value, AxisRange[]?> _ofValue = [];

    public CoordinateClasses Classes { get; } = new();

    public ShapeInvariants Invariants { get; } = invariants;

    /// <summary>Values in the order in which they were first seen.</summary>
    public List<(Value Value, AxisRange[] Axes)> Known { get; } = [];

    public List<FoundEnd> Ends { get; } = [];

    public List<JoinedAxis> Joins { get; } = [];

    public List<GroupChoice> Groups { get; } = [];

    /// <summary>Axes of a value; <see langword="null"/> if not even their number is known.</summary>
    public AxisRange[]? Of(Value value)
    {
        if (_ofValue.TryGetValue(value, out AxisRange[]? known)) return known;
        IReadOnlyList<long?>? shape = value.Constant is { } constant ? [.. constant.Shape.Select(d => (long?)d)] : Invariants.ShapeOf(value);
        // Text and packed types cannot be cut.
        bool isCut = value.Constant is null || TensorData.SizeOf(value.Constant.Type) is not null;
        AxisRange[]? axes = shape is null ? null : [.. shape.Select(size => isCut ? Follow(size) : Follow(null) with { Size = (int)Math.Min(size ?? 0, int.MaxValue) })];
        _ofValue.Add(value, axes);
        if (axes is not null) Known.Add((value, axes));
        return axes;
    }

    /// <summary>An axis of no value, as a link between others.</summary>
    public AxisRange Follow(long? size) => size is > 1 and <= Longest ? Classes.Add((int)size) : new AxisRange(-1, size is null or > int.MaxValue ? 0 : (int)size);

    /// <summary>The axis has to stay.</summary>
    public void Hold(AxisRange axis, int reason)
    {
        for (int i = 0; axis.IsFollowed && i < axis.Size; i++) Classes.Hold(axis.Start + i, reason);
    }

    /// <summary>Coordinates of <paramref name="a"/> from <paramref name="i"/> on are those of <paramref name="b"/> from <paramref name="j"/> on.</summary>
    public void Unite(AxisRange a, int i, AxisRange b, int j, int count, int otherwise)
    {
        for (int k = 0; k < count; k++)
        {
            if (a.IsFollowed && b.IsFollowed) Classes.Unite(a.Start + i + k, b.Start + j + k);
            else if (a.IsFollowed) Classes.Hold(a.Start + i + k, otherwise);
            else if (b.IsFollowed) Classes.Hold(b.Start + j + k, otherwise);
        }
    }
}
