using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A fused node, and where its parts go: in front of it. Operators are written as the opset of the model has them.</summary>
internal sealed record FusedPlace(OnnxModel Model, Node Node, ShapeInvariants Shapes)
{
    private string Name => Node.Outputs[0].Name;

    public Value? Input(int index) => index < Node.Inputs.Count ? Node.Inputs[index] : null;

    /// <summary>Sizes of the axes, <see langword="null"/> for an open one; <see langword="null"/> if the rank is not known.</summary>
    public IReadOnlyList<long?>? ShapeOf(Value value) => value.Constant is { } constant ? [.. constant.Shape.Select(d => (long?)d)] : Shapes.ShapeOf(value);

    public ElementType TypeOf(Value value) => value.Constant?.Type ?? Shapes.Runs[0].TypeOf(value);

    public Value Add(string op, IReadOnlyList<Value?> inputs, Dictionary<string, AttributeData> attributes, string domain = "") =>
        Model.Graph.AddNode(op, inputs, $"{Name}_{op.ToLowerInvariant()}", before: Node, attributes: attributes, domain: domain).Outputs[0];

    public Value Add(string op, params Value?[] inputs) => Add(op, inputs, []);

    public Value Sum(Value a, Value b) => Add("Add", a, b);

    public Value Constant(ElementType type, float value) => Model.Graph.AddInitializer($"{Name}_factor", TensorData.FromFloats(type, [], [value]));

    public Value Integers(params long[] values) => Model.Graph.AddInitializer($"{Name}_sizes", TensorData.Vector(values));

    public Value Integer(long value) => Model.Graph.AddInitializer($"{Name}_size", TensorData.Of([], [value]));

    /// <summary>0 copies an axis of the operand, -1 is the rest.</summary>
    public Value Reshape(Value x, params long[] target) => Add("Reshape", x, Integers(target));

    public Value Transpose(Value x, params long[] order) => Add("Transpose", [x], new() { ["perm"] = order });

    public Value Cast(Value x, ElementType type) => Add("Cast", [x], new() { ["to"] = (long)type });

    public Value Concat(long axis, params Value[] parts) => Add("Concat", parts, new() { ["axis"] = axis });

    /// <summary>Size of an axis that no unit is taken from, as a scalar; where Shape can, the sizes of other axes are not read.</summary>
    public Value Length(Value x, long axis) => Model.Opset < 15
        ? Add("Gather", [Add("Shape", x), Integer(axis)], new() { ["axis"] = 0L })
        : Add("Gather", [Add("Shape", [x], new() { ["start"] = axis, ["end"] = axis + 1 }), Integer(0)], new() { ["axis"] = 0L });

    public Value Part(Value x, long axis, long from, long to) => Model.Opset < 10
        ? Add("Slice", [x], new() { ["starts"] = new[] { from }, ["ends"] = new[] { to }, ["axes"] = new[] { axis } })
        : Add("Slice", x, Integers(from), Integers(to), Integers(axis));

    /// <summary>An operand of a product as it is multiplied. <paramref name="outer"/> moves the first axis behind the others but the last.</summary>
    public Value Turned(int input, string inner, string outer)
    {
        Value operand = Node.Inputs[input]!;
        bool turn = Node.Int(inner, 0) != 0, move = Node.Int(outer, 0) != 0;
        int rank = ShapeOf(operand)!.Count;
        // Operands with one axis are not turned.
        if ((!turn && !move) || rank < 2) return operand;
        List<long> order = [.. Enumerable.Range(0, rank).Select(i => (long)i)];
        if (move) order = [.. order[1..^1], order[0], order[^1]];
        if (turn) (order[^1], order[^2]) = (order[^2], order[^1]);
        return Transpose(operand, [.. order]);
    }

    public Dictionary<string, AttributeData> Without(params string[] names) => Node.Attributes.Where(a => !names.Contains(a.Key)).ToDictionary(a => a.Key, a => a.Value);

    /// <summary>Whether <see cref="Activated"/> can write the activation of the node.</summary>
    public bool HasActivation => Node.String("activation") is null or "" or "Relu" or "Tanh" or "Sigmoid" or "LeakyRelu" or "HardSigmoid" or "HardSwish" || (Node.String("activation") == "Clip" && Model.Opset >= 11);

    public Value Activated(Value x)
    {
        float Parameter(int index, string name, float otherwise) =>
            Node.Attributes.TryGetValue("activation_params", out AttributeData? a) && a.Floats is { } list && index < list.Count ? list[index] : Node.Float(name, otherwise);
        ElementType type = TypeOf(Node.Inputs[0]!);
        return Node.String("activation") switch
        {
            null or "" => x,
            "LeakyRelu" => Add("LeakyRelu", [x], new() { ["alpha"] = Parameter(0, "activation_alpha", 0.01f) }),
            "HardSigmoid" => Add("HardSigmoid", [x], new() { ["alpha"] = Parameter(0, "activation_alpha", 0.2f), ["beta"] = Parameter(1, "activation_beta", 0.5f) }),
            // HardSwish is an operator of its own only since opset 14.
            "HardSwish" => Add("Mul", x, Add("HardSigmoid", [x], new() { ["alpha"] = 1 / 6f, ["beta"] = 0.5f })),
            "Clip" => Add("Clip", x, Constant(type, Parameter(0, "activation_alpha", float.MinValue)), Constant(type, Parameter(1, "activation_beta", float.MaxValue))),
            var plain => Add(plain, x),
        };
    }
}
