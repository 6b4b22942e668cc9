using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Matrix products: an axis that a constant is summed over ends at its rows, a new axis starts at its columns.</summary>
internal static class ProductChannels
{
    private const string Activations = "two activations are multiplied and summed up along the axis";

    public static void MatMul(ChannelContext c)
    {
        AxisRange[] a = c.In(0), b = c.In(1), y = c.Out();
        if (a.Length < 2 || b.Length < 2) throw c.Refuse(RefusalReason.Layout, "an operand is a vector");
        c.Broadcast(a[..^2], y[..^2]);
        c.Broadcast(b[..^2], y[..^2]);
        Product(c, (a.Length - 2, a.Length - 1), (b.Length - 2, b.Length - 1), y[^2], y[^1]);
    }

    public static void Gemm(ChannelContext c)
    {
        bool turnedA = c.Node.Int("transA", 0) != 0, turnedB = c.Node.Int("transB", 0) != 0;
        AxisRange[] y = c.Out();
        if (c.In(0).Length != 2 || c.In(1).Length != 2 || y.Length != 2) throw c.Refuse(RefusalReason.Layout, "an operand is no matrix");
        Product(c, turnedA ? (1, 0) : (0, 1), turnedB ? (1, 0) : (0, 1), y[0], y[1]);
        if (c.Has(2)) c.Broadcast(c.In(2), y);
    }

    /// <summary>Row axis and summed axis of the first operand, summed axis and column axis of the second.</summary>
    private static void Product(ChannelContext c, (int Row, int Sum) first, (int Sum, int Column) second, AxisRange rows, AxisRange columns)
    {
        AxisRange[] a = c.In(0), b = c.In(1);
        c.Same(a[first.Row], rows);
        c.Same(b[second.Column], columns);
        c.Same(a[first.Sum], b[second.Sum]);
        switch (c.IsWeight(0), c.IsWeight(1))
        {
            case (false, true):
                c.End(1, second.Sum, sumsOver: true);
                c.End(1, second.Column, sumsOver: false);
                OneMatrix(c, 1);
                break;
            case (true, false):
                c.End(0, first.Sum, sumsOver: true);
                c.End(0, first.Row, sumsOver: false);
                OneMatrix(c, 0);
                break;
            default:
                c.Hold(a[first.Sum], c.IsConstant(0) || c.IsConstant(1) ? RefusalReason.WeightNotConstant : RefusalReason.Barrier, Activations);
                break;
        }
    }

    /// <summary>A weight per entry of a batch axis: that axis stays.</summary>
    private static void OneMatrix(ChannelContext c, int weight) => c.Hold(c.In(weight)[..^2], RefusalReason.Layout, "a stack of weights");

    public static void Einsum(ChannelContext c)
    {
        if (c.Node.Inputs is not [not null, not null] || EinsumEquation.Parse(c.Node.String("equation")) is not { } equation) throw c.Refuse(RefusalReason.Layout, "its equation is not one of two operands");
        int[] ranks = [c.In(0).Length, c.In(1).Length];
        string?[] letters = [Letters(equation.Operands[0], ranks[0]), Letters(equation.Operands[1], ranks[1]), Letters(equation.Output, c.Out().Length)];
        if (letters is not [{ } a, { } b, { } y] || new[] { a, b, y }.Any(l => l.Distinct().Count() < l.Length)) throw c.Refuse(RefusalReason.Layout, "its equation repeats an axis");
        int weight = (c.IsWeight(0), c.IsWeight(1)) switch { (true, false) => 0, (false, true) => 1, _ => -1 };
        foreach (char letter in a.Union(b))
        {
            AxisRange[] ranges = [.. Along(0, a), .. Along(1, b), .. y.Contains(letter) ? [c.Out()[y.IndexOf(letter)]] : (AxisRange[])[]];
            foreach (AxisRange range in ranges)
            {
                // An axis of 1 is broadcast.
                if (range.Size != 1 || ranges.All(r => r.Size == 1)) c.Same(ranges.MaxBy(r => r.Size), range);
            }
            bool inBoth = a.Contains(letter) && b.Contains(letter), inResult = y.Contains(letter);
            if (inBoth && inResult && weight < 0) continue;
            if (!inBoth && inResult)
            {
                if (weight >= 0 && letters[weight]!.Contains(letter)) c.End(weight, letters[weight]!.IndexOf(letter), sumsOver: false);
                continue;
            }
            if (inBoth && !inResult && weight >= 0) c.End(weight, letters[weight]!.IndexOf(letter), sumsOver: true);
            else c.Hold(ranges, RefusalReason.Barrier, inResult ? "a stack of weights" : Activations);

            IEnumerable<AxisRange> Along(int operand, string text) => text.Contains(letter) ? [c.In(operand)[text.IndexOf(letter)]] : [];
        }
    }

    /// <summary>One character for each axis; those of an ellipsis are digits, counted from the last.</summary>
    private static string? Letters(string term, int rank)
    {
        int at = term.IndexOf(EinsumEquation.Ellipsis);
        if (at < 0) return term.Length == rank ? term : null;
        int covered = rank - term.Length + 1;
        return covered is < 0 or > 9 ? null : term[..at] + string.Concat(Enumerable.Range(0, covered).Select(i => (char)('0' + covered - 1 - i))) + term[(at + 1)..];
    }
}
