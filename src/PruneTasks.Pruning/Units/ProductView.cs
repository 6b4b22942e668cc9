using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// A product of two activations (<c>MatMul</c>, or <c>Einsum</c> with two operands): which axes are batch, which is summed over, which are free.
/// </summary>
/// <param name="Node">The operator.</param>
/// <param name="Left">First operand.</param>
/// <param name="Right">Second operand.</param>
/// <param name="LeftSum">Axis of <paramref name="Left"/> that is summed over.</param>
/// <param name="RightSum">Axis of <paramref name="Right"/> that is summed over.</param>
/// <param name="LeftFree">Axis of <paramref name="Left"/> that only it has, and where it is in the output.</param>
/// <param name="RightFree">Axis of <paramref name="Right"/> that only it has, and where it is in the output.</param>
/// <param name="LeftBatch">Batch axes of <paramref name="Left"/>, in the order of <paramref name="OutputBatch"/>.</param>
/// <param name="RightBatch">Batch axes of <paramref name="Right"/>, in the order of <paramref name="OutputBatch"/>.</param>
/// <param name="OutputBatch">Batch axes of the output.</param>
internal sealed record ProductView(
    Node Node, Value Left, Value Right, int LeftSum, int RightSum,
    (int Operand, int Output) LeftFree, (int Operand, int Output) RightFree,
    IReadOnlyList<int> LeftBatch, IReadOnlyList<int> RightBatch, IReadOnlyList<int> OutputBatch)
{
    public Value Output => Node.Outputs[0];

    /// <summary>The product computed by <paramref name="node"/>, or <see langword="null"/> if it is none, or one of another form.</summary>
    public static ProductView? TryGet(Node node, LayoutOperators layout)
    {
        if (node.Domain.Length > 0 || node.Inputs.Count != 2 || node.OpType is not ("MatMul" or "Einsum")) return null;
        if (node.Inputs is not [{ Constant: null } left, { Constant: null } right]) return null;
        string equation = node.OpType == "MatMul"
            ? MatMulEquation(layout.ShapeOf(left, node).Length, layout.ShapeOf(right, node).Length)
            : (node.String("equation") ?? "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        if (sides.Length != 2 || equation.Contains('.', StringComparison.Ordinal)) return null;
        string[] operands = sides[0].Split(',');
        if (operands.Length != 2) return null;
        (string l, string r, string o) = (operands[0], operands[1], sides[1]);
        if (HasRepeats(l) || HasRepeats(r) || HasRepeats(o)) return null;
        string batch = string.Concat(o.Where(c => l.Contains(c) && r.Contains(c)));
        string sum = string.Concat(l.Where(c => r.Contains(c) && !o.Contains(c)));
        string leftFree = string.Concat(l.Where(c => !r.Contains(c))), rightFree = string.Concat(r.Where(c => !l.Contains(c)));
        if (sum.Length != 1 || leftFree.Length != 1 || rightFree.Length != 1 || !o.Contains(leftFree[0]) || !o.Contains(rightFree[0])) return null;
        return new ProductView(
            node, left, right, l.IndexOf(sum[0]), r.IndexOf(sum[0]),
            (l.IndexOf(leftFree[0]), o.IndexOf(leftFree[0])), (r.IndexOf(rightFree[0]), o.IndexOf(rightFree[0])),
            [.. batch.Select(c => l.IndexOf(c))], [.. batch.Select(c => r.IndexOf(c))], [.. batch.Select(c => o.IndexOf(c))]);
    }

    /// <summary>MatMul of two operands of equal rank, 2 or more, written as an Einsum equation; empty for other ranks.</summary>
    private static string MatMulEquation(int left, int right)
    {
        if (left != right || left is < 2 or > 20) return "";
        string batch = string.Concat(Enumerable.Range(0, left - 2).Select(i => (char)('a' + i)));
        return $"{batch}xy,{batch}yz->{batch}xz";
    }

    private static bool HasRepeats(string letters) => letters.Distinct().Count() != letters.Length;
}
