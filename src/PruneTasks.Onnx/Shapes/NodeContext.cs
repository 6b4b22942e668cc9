namespace PruneTasks.Onnx.Shapes;

/// <summary>Ends a shape rule that cannot tell the shape.</summary>
internal sealed class UnknownShapeException(UnknownShape reason, string detail) : Exception(detail)
{
    public UnknownShape Reason { get; } = reason;
}

/// <summary>What a shape or content rule sees of a node, and where it puts its result.</summary>
internal sealed class NodeContext(Node node, long opset, InferredShapes shapes)
{
    private const int MostIntegers = 16 * ShapeInference.ContentLimit;

    public Node Node { get; } = node;

    /// <summary>Opset version of the node's domain.</summary>
    public long Opset { get; } = opset;

    public int InputCount => Node.Inputs.Count;

    public bool Has(int input) => input < Node.Inputs.Count && Node.Inputs[input] is not null;

    public long[] Shape(int input) =>
        shapes.ShapeOf(Input(input)) is { } shape ? [.. shape] : throw new UnknownShapeException(UnknownShape.UnknownInput, $"the shape of '{Input(input).Name}' is not known");

    public ElementType Type(int input) => Has(input) ? shapes.TypeOf(Input(input)) : ElementType.Undefined;

    public TensorData? Content(int input) => Has(input) ? shapes.ContentOf(Input(input)) : null;

    /// <summary>Integers of an input that has to be known: sizes, axes, indices.</summary>
    public long[] Integers(int input) => Content(input) switch
    {
        null => throw new UnknownShapeException(UnknownShape.DataDependent, $"the elements of '{Input(input).Name}' are not known"),
        { Count: > MostIntegers } content => throw Inconsistent($"'{Input(input).Name}' has {content.Count} elements where a few numbers are due"),
        { } content => content.ToInt64s(),
    };

    /// <summary>Axes or sizes that were an attribute in older opset versions and are an input in newer ones; <see langword="null"/> when absent.</summary>
    public long[]? IntsOrInput(string attribute, int input) =>
        Node.Ints(attribute) is { } ints ? [.. ints] : Has(input) ? Integers(input) : null;

    public bool HasOutput(int output) => output < Node.Outputs.Count;

    public void Set(int output, ElementType type, params long[] shape)
    {
        if (!HasOutput(output)) return;
        if (shape.Length > TensorData.MostAxes) throw Inconsistent($"a tensor with {shape.Length} axes");
        foreach (long dim in shape)
        {
            if (dim < 0) throw Inconsistent($"a size would be {dim}");
        }
        _ = Dims.Count(shape);
        shapes.Set(Node.Outputs[output], type, shape);
    }

    public long[] OutputShape(int output) => [.. shapes.ShapeOf(Node.Outputs[output])!];

    public ElementType OutputType(int output) => shapes.TypeOf(Node.Outputs[output]);

    public void SetContent(int output, TensorData content) => shapes.SetContent(Node.Outputs[output], content);

    /// <summary><paramref name="axis"/> counted from the front.</summary>
    public int Axis(long axis, int rank)
    {
        long at = axis < 0 ? axis + rank : axis;
        return at >= 0 && at < rank ? (int)at : throw Inconsistent($"axis {axis} of a tensor with {rank} axes");
    }

    public UnknownShapeException Inconsistent(string detail) => new(UnknownShape.Inconsistent, $"{Node.OpType}: {detail}");

    private Value Input(int input) =>
        Has(input) ? Node.Inputs[input]! : throw Inconsistent($"input {input} is missing");
}
