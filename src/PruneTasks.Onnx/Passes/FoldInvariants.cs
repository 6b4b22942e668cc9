namespace PruneTasks.Onnx;

/// <summary>
/// Replaces values by initializers where their content does not depend on the input, by two rules:
/// 1. a small value whose content is the same for all sizes of the open axes (<see cref="ShapeInvariants"/>);
/// 2. a value of any size that is a constant, moved or cast: a transposed weight, for example.
/// Graph outputs and values that control-flow bodies read keep their producers. What nothing reads afterwards is removed.
/// </summary>
public static class FoldInvariants
{
    private const long LargestConstant = 1L << 28;

    /// <summary>Folds <paramref name="model"/> in place.</summary>
    /// <returns>Number of values replaced.</returns>
    public static int Apply(OnnxModel model)
    {
        ShapeInvariants invariants = ShapeInvariants.Find(model);
        InferredShapes moved = ShapeInference.Run(model, ShapeBinding.Default(), MovesConstants);
        HashSet<Value> constants = [];
        int folded = 0;
        foreach (Node node in model.Graph.Nodes.ToArray())
        {
            bool isConstant = MovesConstants(node) > ShapeInference.ContentLimit && node.Inputs.All(v => v is null || v.Constant is not null || constants.Contains(v));
            foreach (Value output in node.Outputs)
            {
                if (output.Constant is not null) continue;
                TensorData? content = (isConstant ? moved.ContentOf(output) : null) ?? invariants.ContentOf(output);
                if (content is null || TensorData.SizeOf(content.Type) is null) continue;
                if (isConstant) constants.Add(output);
                if (output.IsGraphOutput || output.IsCaptured || !output.Uses.Any(u => IsNeeded(u, invariants, constants))) continue;
                model.Graph.ReplaceUses(output, model.Graph.AddInitializer(output.Name + "_folded", content));
                folded++;
            }
        }
        if (folded > 0) model.Graph.RemoveUnused();
        return folded;
    }

    // Operators that keep every bit: nothing is rounded by folding them, whatever the runtime.
    private static long MovesConstants(Node node) =>
        OperatorTable.Default.BehaviourOf(node) is AxisBehaviour.Reshape or AxisBehaviour.Transpose or AxisBehaviour.Slice or AxisBehaviour.Split
            or AxisBehaviour.Concat or AxisBehaviour.Gather || node is { Domain: "", OpType: "Identity" or "Cast" }
            ? LargestConstant
            : ShapeInference.ContentLimit;

    // A reader that is folded itself does not need its operands.
    private static bool IsNeeded(Use use, ShapeInvariants invariants, HashSet<Value> constants) =>
        use.Node.Outputs.Any(o => o.IsGraphOutput || o.IsCaptured || (!constants.Contains(o) && invariants.ContentOf(o) is null));
}
