using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What a rule sees of one node, and how it says what its axes have to do with each other.</summary>
internal sealed class ChannelContext(Node node, long opset, ChannelAxes axes)
{
    private int _unknownSize;

    public Node Node { get; } = node;

    /// <summary>Opset version of the node's domain.</summary>
    public long Opset { get; } = opset;

    public ChannelAxes Axes { get; } = axes;

    public bool Has(int input) => input < Node.Inputs.Count && Node.Inputs[input] is not null;

    /// <summary>Axes of an input.</summary>
    /// <exception cref="RefusedException">Their number is not known.</exception>
    public AxisRange[] In(int input) => Of(Node.Inputs[input]!);

    /// <summary>Axes of an output.</summary>
    /// <exception cref="RefusedException">Their number is not known.</exception>
    public AxisRange[] Out(int output = 0) => Of(Node.Outputs[output]);

    /// <summary>Something reads an output.</summary>
    public bool IsUsed(int output) => output < Node.Outputs.Count && Node.Outputs[output] is var value && (value.Uses.Count > 0 || value.IsGraphOutput || value.IsCaptured);

    public bool IsConstant(int input) => Has(input) && Node.Inputs[input]!.Constant is not null;

    /// <summary>A floating-point constant that is stored as such: a weight.</summary>
    public bool IsWeight(int input) =>
        Has(input) && Node.Inputs[input]!.Constant is { Type: ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 };

    /// <summary>Integers of an input; <see langword="null"/> if it is left out.</summary>
    /// <exception cref="RefusedException">They are not the same for all inputs of the model.</exception>
    public long[]? Integers(int input) => !Has(input)
        ? null
        : Axes.Invariants.ContentOf(Node.Inputs[input]!) is { } content
            ? content.ToInt64s()
            : throw Refuse(RefusalReason.Layout, $"'{Node.Inputs[input]!.Name}' is not known before the model runs");

    /// <summary>Integers that were an attribute in older opset versions and are an input in newer ones.</summary>
    public long[]? IntsOrInput(string attribute, int input) => Node.Ints(attribute) is { } ints ? [.. ints] : Integers(input);

    public int Axis(long axis, int rank)
    {
        long at = axis < 0 ? axis + rank : axis;
        return at >= 0 && at < rank ? (int)at : throw Refuse(RefusalReason.Layout, $"there is no axis {axis}");
    }

    public RefusedException Refuse(RefusalReason reason, string detail) => new(reason, Node, $"the channels meet {Node.OpType}: {detail}");

    /// <summary>The axis has to stay.</summary>
    public void Hold(AxisRange axis, RefusalReason reason, string detail)
    {
        if (Axes.Classes.HasFree(axis)) Axes.Hold(axis, Axes.Classes.Reason(new Pin(reason, Node, $"the channels meet {Node.OpType}: {detail}")));
    }

    /// <summary>The axes have to stay.</summary>
    public void Hold(IEnumerable<AxisRange> ranges, RefusalReason reason, string detail)
    {
        foreach (AxisRange axis in ranges) Hold(axis, reason, detail);
    }

    /// <summary>All axes of an input have to stay: its elements are sizes, positions or the like.</summary>
    public void HoldInput(int input, RefusalReason reason, string detail)
    {
        if (Has(input) && Axes.Of(Node.Inputs[input]!) is { } ranges) Hold(ranges, reason, detail);
    }

    /// <summary>All axes of an output have to stay.</summary>
    public void HoldOutput(int output, RefusalReason reason, string detail)
    {
        if (output < Node.Outputs.Count && Axes.Of(Node.Outputs[output]) is { } ranges) Hold(ranges, reason, detail);
    }

    /// <summary>Nothing passes.</summary>
    public void HoldAll(RefusalReason reason, string detail)
    {
        for (int i = 0; i < Node.Inputs.Count; i++) HoldInput(i, reason, detail);
        for (int i = 0; i < Node.Outputs.Count; i++) HoldOutput(i, reason, detail);
    }

    /// <summary>Two axes have the same coordinates. Where one is not followed the other has to stay.</summary>
    public void Same(AxisRange a, AxisRange b)
    {
        if (a.Size == b.Size && (a.IsFollowed == b.IsFollowed))
        {
            if (a.IsFollowed) Axes.Unite(a, 0, b, 0, a.Size, 0);
            return;
        }
        Hold(a, RefusalReason.UnknownShape, "an axis that it joins has another size, or one that varies");
        Hold(b, RefusalReason.UnknownShape, "an axis that it joins has another size, or one that varies");
    }

    /// <summary>The lists have the same axes.</summary>
    public void Same(IReadOnlyList<AxisRange> a, IReadOnlyList<AxisRange> b)
    {
        if (a.Count != b.Count) throw Refuse(RefusalReason.Layout, "its result has another number of axes");
        for (int i = 0; i < a.Count; i++) Same(a[i], b[i]);
    }

    /// <summary>A part of one axis is a part of the other.</summary>
    public void Same(AxisRange a, int i, AxisRange b, int j, int count) => Axes.Unite(a, i, b, j, count, UnknownSize());

    /// <summary>Aligned at the end, as broadcasting does; an axis of 1 of the operand meets nothing.</summary>
    public void Broadcast(IReadOnlyList<AxisRange> operand, IReadOnlyList<AxisRange> result)
    {
        if (operand.Count > result.Count) throw Refuse(RefusalReason.Layout, "an operand has more axes than the result");
        for (int i = 1; i <= operand.Count; i++)
            if (operand[^i].Size != 1) Same(operand[^i], result[^i]);
    }

    /// <summary>The layer's weight has an axis along which the layer sums (<paramref name="sumsOver"/>) or that makes its output.</summary>
    public void End(int weightInput, int weightAxis, bool sumsOver) => Axes.Ends.Add(new FoundEnd(Node, weightInput, weightAxis, sumsOver));

    private AxisRange[] Of(Value value) => Axes.Of(value) ?? throw Refuse(RefusalReason.UnknownShape, $"the shape of '{value.Name}' is not known before the model runs");

    private int UnknownSize() =>
        _unknownSize > 0 ? _unknownSize : _unknownSize = Axes.Classes.Reason(new Pin(RefusalReason.UnknownShape, Node, $"the channels meet {Node.OpType}: an axis that it joins has a size that varies"));
}
