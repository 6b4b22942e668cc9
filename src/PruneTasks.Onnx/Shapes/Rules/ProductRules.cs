namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of matrix products.</summary>
internal static class ProductRules
{
    /// <summary>As numpy.matmul.</summary>
    public static void MatMul(NodeContext c) => c.Set(0, c.Type(0), MatMulShape(c, c.Shape(0), c.Shape(1)));

    public static long[] MatMulShape(NodeContext c, long[] a, long[] b)
    {
        if (a.Length == 0 || b.Length == 0) throw c.Inconsistent("an operand is a scalar");
        bool dropRow = a.Length == 1, dropColumn = b.Length == 1;
        if (dropRow) a = [1, a[0]];
        if (dropColumn) b = [b[0], 1];
        if (a[^1] != b[^2]) throw c.Inconsistent($"[{Dims.Text(a)}] and [{Dims.Text(b)}] do not multiply");
        List<long> shape = [.. Dims.Broadcast(a.AsSpan(0, a.Length - 2), b.AsSpan(0, b.Length - 2))];
        if (!dropRow) shape.Add(a[^2]);
        if (!dropColumn) shape.Add(b[^1]);
        return [.. shape];
    }

    /// <summary>Determinants of the matrices in the last two axes.</summary>
    public static void Det(NodeContext c)
    {
        long[] x = c.Shape(0);
        if (x.Length < 2 || x[^1] != x[^2]) throw c.Inconsistent("square matrices are needed");
        c.Set(0, c.Type(0), x[..^2]);
    }

    public static void Gemm(NodeContext c)
    {
        long[] a = c.Shape(0), b = c.Shape(1);
        // Before opset 7 some exporters left the first operand with more axes; it was flattened.
        if (a.Length != 2 || b.Length != 2) throw c.Inconsistent("Gemm needs matrices");
        bool ta = c.Node.Int("transA", 0) != 0, tb = c.Node.Int("transB", 0) != 0;
        if (a[ta ? 0 : 1] != b[tb ? 1 : 0]) throw c.Inconsistent($"[{Dims.Text(a)}] and [{Dims.Text(b)}] do not multiply");
        c.Set(0, c.Type(0), a[ta ? 1 : 0], b[tb ? 0 : 1]);
    }

    public static void Einsum(NodeContext c)
    {
        if (EinsumEquation.Parse(c.Node.String("equation")) is not { } equation || equation.Operands.Count != c.InputCount)
            throw c.Inconsistent("the equation does not fit the operands");
        var sizes = new Dictionary<char, long>();
        long[] ellipsis = [];
        for (int i = 0; i < c.InputCount; i++)
        {
            string letters = equation.Operands[i];
            long[] shape = c.Shape(i);
            int hidden = shape.Length - letters.Count(x => x != EinsumEquation.Ellipsis);
            if (hidden < 0 || (hidden > 0 && !letters.Contains(EinsumEquation.Ellipsis))) throw c.Inconsistent("the equation does not fit the operands");
            int at = 0;
            foreach (char letter in letters)
            {
                if (letter == EinsumEquation.Ellipsis)
                {
                    ellipsis = Dims.Broadcast(ellipsis, shape.AsSpan(at, hidden));
                    at += hidden;
                    continue;
                }
                long size = shape[at++];
                if (sizes.TryGetValue(letter, out long known) && known != size && known != 1 && size != 1) throw c.Inconsistent($"axis {letter} has sizes {known} and {size}");
                sizes[letter] = Math.Max(size, known);
            }
        }
        c.Set(0, c.Type(0), [.. equation.Output.SelectMany(letter => letter == EinsumEquation.Ellipsis ? ellipsis : [sizes[letter]])]);
    }
}
