namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes behind an If: those on which its branches agree, or those of the branch that is taken where the condition is known.</summary>
internal static class BranchShapes
{
    /// <summary>Sets the outputs of <paramref name="node"/>; the reason if they cannot be told.</summary>
    public static UnknownShapeReason? Infer(Node node, OnnxModel model, InferredShapes shapes, Func<Node, long> contentLimit)
    {
        Graph[] branches = [.. Branches(node, shapes)];
        if (branches.Length == 0 || branches.Any(b => b.Inputs.Count > 0 || b.Outputs.Count < node.Outputs.Count))
            return new UnknownShapeReason(UnknownShape.Inconsistent, node, "If: its branches do not fit its outputs");
        Dictionary<string, Value> captured = node.Captured.ToDictionary(v => v.Name, StringComparer.Ordinal);
        foreach (Graph branch in branches)
        {
            foreach (Value outer in branch.Outer) Enter(outer, captured.GetValueOrDefault(outer.Name), shapes);
            ShapeInference.Infer(branch, model, shapes, contentLimit);
        }
        UnknownShapeReason? reason = null;
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Value[] results = [.. branches.Select(b => b.Outputs[i])];
            if (shapes.ShapeOf(results[0]) is not { } shape)
            {
                reason ??= shapes.WhyUnknown(results[0]) ?? Differ(node);
                continue;
            }
            if (results.Any(r => shapes.ShapeOf(r)?.SequenceEqual(shape) != true))
            {
                reason ??= Differ(node);
                continue;
            }
            shapes.Set(node.Outputs[i], shapes.TypeOf(results[0]), shape);
            if (results is [var only] && shapes.ContentOf(only) is { } content) shapes.SetContent(node.Outputs[i], content);
        }
        return reason;
    }

    private static IEnumerable<Graph> Branches(Node node, InferredShapes shapes)
    {
        bool? taken = node.Inputs is [{ } condition, ..] && shapes.ContentOf(condition) is { Type: ElementType.Bool, Count: 1 } known ? known.Bytes.Span[0] != 0 : null;
        foreach ((string name, bool when) in new[] { ("then_branch", true), ("else_branch", false) })
            if (taken != !when && node.Attributes.TryGetValue(name, out AttributeData? attribute) && attribute.Bodies is [var body]) yield return body;
    }

    private static void Enter(Value outer, Value? value, InferredShapes shapes)
    {
        if (value is null || shapes.ShapeOf(value) is not { } shape)
        {
            shapes.SetUnknown(outer, (value is null ? null : shapes.WhyUnknown(value)) ?? new UnknownShapeReason(UnknownShape.UnknownInput, null, $"the shape of '{outer.Name}' is not known"));
            return;
        }
        shapes.Set(outer, shapes.TypeOf(value), shape);
        if (shapes.ContentOf(value) is { } content) shapes.SetContent(outer, content);
    }

    private static UnknownShapeReason Differ(Node node) => new(UnknownShape.DataDependent, node, "If: its branches give different shapes");
}
