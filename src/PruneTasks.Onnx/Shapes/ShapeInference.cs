using PruneTasks.Onnx.Shapes;

namespace PruneTasks.Onnx;

/// <summary>
/// Concrete shape inference: every open input axis gets a number, small tensors that exporters compute from shapes are evaluated, and the
/// rules of <see cref="OperatorTable"/> are applied node by node. Where no rule can tell, a shape that the file declares is taken.
/// </summary>
public static class ShapeInference
{
    /// <summary>Most elements of a tensor that is computed.</summary>
    public const int ContentLimit = 4096;

    /// <summary>Infers all shapes under <paramref name="binding"/>.</summary>
    public static InferredShapes Run(OnnxModel model, ShapeBinding binding) => Run(model, binding, _ => ContentLimit);

    /// <summary>As <see cref="Run(OnnxModel, ShapeBinding)"/>, with a limit for the contents of each node's outputs, in elements.</summary>
    internal static InferredShapes Run(OnnxModel model, ShapeBinding binding, Func<Node, long> contentLimit)
    {
        binding = binding.For(model.Graph);
        var shapes = new InferredShapes(binding);
        foreach (Value input in model.Graph.Inputs)
        {
            if (binding.ShapeOf(input) is { } shape) shapes.Set(input, input.Type, shape);
            else shapes.SetUnknown(input, new UnknownShapeReason(UnknownShape.UnknownInput, null, $"the model does not say the rank of its input '{input.Name}'"));
        }
        Infer(model.Graph, model, shapes, contentLimit);
        return shapes;
    }

    /// <summary>Adds what follows from the inputs of <paramref name="graph"/>, which is the model's or a body in it.</summary>
    internal static void Infer(Graph graph, OnnxModel model, InferredShapes shapes, Func<Node, long> contentLimit)
    {
        IReadOnlyDictionary<string, long> symbols = shapes.Binding.Symbols;
        foreach (Value initializer in graph.Initializers)
        {
            if (initializer.Constant is { } constant) shapes.Set(initializer, constant.Type, constant.Shape);
            else if (Declared(initializer, symbols) is { } declared) shapes.Set(initializer, initializer.Type, declared);
            else shapes.SetUnknown(initializer, new UnknownShapeReason(UnknownShape.UnknownInput, null, $"'{initializer.Name}' is not a dense tensor"));
        }
        foreach (Node node in graph.Nodes)
        {
            if (Infer(node, model, shapes, contentLimit) is not { } reason) continue;
            foreach (Value output in node.Outputs.Where(o => shapes.ShapeOf(o) is null))
            {
                if (Declared(output, symbols) is { } declared) shapes.Set(output, output.Type, declared);
                else shapes.SetUnknown(output, reason);
            }
        }
    }

    private static UnknownShapeReason? Infer(Node node, OnnxModel model, InferredShapes shapes, Func<Node, long> contentLimit)
    {
        if (OperatorTable.Default.Find(node) is not { } info) return new UnknownShapeReason(UnknownShape.UnknownOperator, node, $"{node.OpType} is not a known operator");
        if (node is { Domain: "", OpType: "If" }) return BranchShapes.Infer(node, model, shapes, contentLimit);
        if (info.Shape is null) return new UnknownShapeReason(UnknownShape.NoRule, node, $"the shape of {node.OpType} is not inferred");
        var context = new NodeContext(node, model.Opsets.GetValueOrDefault(node.Domain, 1), shapes);
        try
        {
            info.Shape(context);
            if (info.Content is not null && CanCompute(node, shapes, contentLimit(node))) info.Content(context);
        }
        catch (UnknownShapeException e)
        {
            return new UnknownShapeReason(e.Reason, node, e.Message);
        }
        catch (Exception e) when (e is ArithmeticException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // Operands of a malformed file: text where sizes are due, sizes that overflow, an empty list where one number is read.
            return new UnknownShapeReason(UnknownShape.Inconsistent, node, $"{node.OpType}: {e.Message}");
        }
        return null;
    }

    private static bool CanCompute(Node node, InferredShapes shapes, long limit)
    {
        foreach (Value output in node.Outputs)
        {
            if (shapes.ShapeOf(output) is not { } shape || Dims.Count(shape) > limit) return false;
        }
        foreach (Value? input in node.Inputs)
        {
            if (input is not null && (shapes.ContentOf(input) is not { } content || content.Type == ElementType.String || content.Count > Math.Max(limit, 16 * ContentLimit))) return false;
        }
        return true;
    }

    private static long[]? Declared(Value value, IReadOnlyDictionary<string, long> symbols)
    {
        if (value.DeclaredShape is not { } axes) return null;
        var shape = new long[axes.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            if (axes[i].Size is { } size) shape[i] = size;
            else if (axes[i].Symbol is not { } symbol || !symbols.TryGetValue(symbol, out shape[i])) return null;
        }
        return shape;
    }
}
