using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Matrix products. Shapes are checked first: some native entry points end the process on a mismatch instead of raising an error.</summary>
internal static class ProductOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("MatMul", c => Product(c, c[0], c[1])),
        One("Gemm", Gemm),
        One("Det", c => c[0].dim() >= 2 && c[0].shape[^1] == c[0].shape[^2] ? linalg.det(c[0]) : throw c.Fail($"[{string.Join(", ", c[0].shape)}] holds no square matrices")),
        One("Einsum", c => Einsum(c)) with { Refuse = (node, _) => node.String("equation") is null ? "no equation" : null },
    ];

    internal static Tensor Product(LoweringCall c, Tensor a, Tensor b)
    {
        if (a.dim() == 0 || b.dim() == 0 || a.shape[^1] != b.shape[b.dim() == 1 ? 0 : ^2]) throw Mismatch(c, a, b);
        if (a.dtype != b.dtype) throw c.Fail($"types {a.dtype} and {b.dtype} differ");
        for (int i = 3; i <= Math.Min(a.dim(), b.dim()); i++)
            if (a.shape[^i] != b.shape[^i] && a.shape[^i] != 1 && b.shape[^i] != 1) throw Mismatch(c, a, b);
        return a.matmul(b);
    }

    private static LoweringException Mismatch(LoweringCall c, Tensor a, Tensor b) =>
        c.Fail($"[{string.Join(", ", a.shape)}] and [{string.Join(", ", b.shape)}] cannot be multiplied");

    // Y = alpha·A′·B′ + beta·C.
    internal static Tensor Gemm(LoweringCall c)
    {
        if (c[0].dim() != 2 || c[1].dim() != 2) throw Mismatch(c, c[0], c[1]);
        Tensor a = c.Node.Int("transA", 0) != 0 ? c[0].t() : c[0], b = c.Node.Int("transB", 0) != 0 ? c[1].t() : c[1];
        (float alpha, float beta) = (c.Node.Float("alpha", 1), c.Node.Float("beta", 1));
        Tensor y = Product(c, a, b);
        if (alpha != 1) y = y * alpha;
        if (c.Optional(2) is not { } bias) return y;
        return y + (beta == 1 ? bias : bias * beta);
    }

    private static Tensor Einsum(LoweringCall c)
    {
        string equation = c.Node.String("equation")!.Replace(" ", "", StringComparison.Ordinal);
        CheckLetters(c, equation);
        return einsum(equation, [.. c.All()]);
    }

    private static void CheckLetters(LoweringCall c, string equation)
    {
        string[] terms = equation.Split("->")[0].Split(',');
        if (terms.Length != c.Count) throw c.Fail($"'{equation}' is not for {c.Count} inputs");
        Dictionary<char, long> sizes = [];
        for (int i = 0; i < terms.Length; i++)
        {
            if (terms[i].Contains('.', StringComparison.Ordinal)) continue;
            if (terms[i].Length != c[i].dim()) throw c.Fail($"'{terms[i]}' does not fit [{string.Join(", ", c[i].shape)}]");
            foreach ((char letter, long size) in terms[i].Zip(c[i].shape))
            {
                if (size == 1) continue;
                if (!sizes.TryAdd(letter, size) && sizes[letter] != size) throw c.Fail($"axis '{letter}' is {sizes[letter]} and {size}");
            }
        }
    }
}
