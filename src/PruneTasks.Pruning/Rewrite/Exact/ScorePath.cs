using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>The way from the last layer to an output with class scores, on which every class is treated alike.</summary>
/// <param name="Value">The value farthest from the output that still holds one score per class, and that nothing else reads.</param>
/// <param name="Axis">Its axis of classes.</param>
/// <param name="Nodes">Nodes between it and the output, the last one first.</param>
/// <param name="Normalizes">One of them is a Softmax or LogSoftmax over the classes.</param>
/// <param name="End">Why the way ends there, for a message.</param>
internal sealed record ScorePath(Value Value, int Axis, IReadOnlyList<Node> Nodes, bool Normalizes, string End)
{
    /// <summary>Follows the scores from <paramref name="output"/> towards the input.</summary>
    /// <param name="model">The model.</param>
    /// <param name="shapes">Shapes under two bindings or more.</param>
    /// <param name="output">The graph output.</param>
    /// <param name="axis">Its axis of classes.</param>
    /// <param name="classes">Number of classes.</param>
    public static ScorePath From(OnnxModel model, ShapeInvariants shapes, Value output, int axis, int classes)
    {
        List<Node> nodes = [];
        bool normalizes = false;
        Value value = output;
        while (true)
        {
            if (value.Producer is not { } node) return End("the scores are not computed");
            if (IsLayer(value)) return End("");
            if (Before(model, shapes, node, axis, classes) is not { } before)
                return End($"{node.OpType} '{node.Outputs[0].Name}' stands between the last layer and the scores");
            Value input = node.Inputs[before.Input]!;
            if (input.IsGraphOutput || input.IsCaptured || input.Uses.Count != 1) return End($"'{input.Name}' is also read elsewhere");
            if (input.Constant is not null || input.Producer is null) return End("the scores are not computed");
            normalizes |= node.OpType is "Softmax" or "LogSoftmax";
            nodes.Add(node);
            (value, axis) = (input, before.Axis);
        }

        ScorePath End(string why) => new(value, axis, nodes, normalizes, why);
    }

    /// <summary>The linear layer whose result, bias included, <paramref name="value"/> is.</summary>
    public static LinearView? LayerOf(Value value)
    {
        if (value.Producer is not { } node) return null;
        IEnumerable<Node?> candidates = node is { OpType: "Add", Domain: "" } ? [node, .. node.Inputs.Select(i => i?.Producer)] : [node];
        return candidates.OfType<Node>().Select(LinearView.TryGet).FirstOrDefault(layer => layer?.Output == value);
    }

    /// <summary>The convolution without groups and with constant weights whose result <paramref name="value"/> is.</summary>
    public static Node? ConvolutionOf(Value value) =>
        value.Producer is { OpType: "Conv", Domain: "" } node && node.Int("group", 1) == 1
            && node.Inputs.Skip(1).All(i => i is null or { Constant.Type: ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 }) ? node : null;

    private static bool IsLayer(Value value) => LayerOf(value) is not null || ConvolutionOf(value) is not null;

    private static (int Input, int Axis)? Before(OnnxModel model, ShapeInvariants shapes, Node node, int axis, int classes)
    {
        if (node.Outputs.Count != 1) return null;
        int data = node.Inputs.Count == 2 && node.Inputs[0]?.Constant is not null ? 1 : 0;
        if (node.Inputs.Count == 0 || node.Inputs[data] is not { } input || shapes.ShapeOf(input) is not { } x || shapes.ShapeOf(node.Outputs[0]) is not { } y) return null;
        return OperatorTable.Default.BehaviourOf(node) switch
        {
            AxisBehaviour.Unary when y.Count == x.Count => (0, axis),
            // The same number for every class.
            AxisBehaviour.Binary when node.Inputs.Count == 2 && node.Inputs[1 - data]?.Constant?.Count == 1 && y.Count == x.Count => (data, axis),
            AxisBehaviour.Softmax => IsOver(model, node, y, axis) ? (0, axis) : null,
            AxisBehaviour.Pool when axis == 1 => (0, 1),
            AxisBehaviour.Transpose => (0, (int)(node.Ints("perm")?[axis] ?? x.Count - 1 - axis)),
            // Only axes of one element come or go.
            AxisBehaviour.Reshape when axis == 1 && x.Count > 1 && x[1] == classes && Ones(x) && Ones(y) => (0, 1),
            _ => null,
        };

        static bool Ones(IReadOnlyList<long?> shape) => shape.Skip(2).All(size => size == 1);
    }

    // Before opset 13 all axes from "axis" on are normalised together.
    private static bool IsOver(OnnxModel model, Node node, IReadOnlyList<long?> shape, int axis)
    {
        int given = (int)node.Int("axis", model.Opset < 13 ? 1 : -1);
        if (given < 0) given += shape.Count;
        return model.Opset >= 13 ? given == axis : given <= axis && Enumerable.Range(given, shape.Count - given).All(i => i == axis || shape[i] == 1);
    }
}
