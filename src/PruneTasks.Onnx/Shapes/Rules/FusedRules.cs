namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of com.microsoft operators that stand for several of ai.onnx (ONNX Runtime, docs/ContribOperators.md).</summary>
internal static class FusedRules
{
    /// <summary>FusedMatMul: operands turned by "transA" and "transB"; "transBatchA" moves the first axis behind the others but the last.</summary>
    public static void MatMul(NodeContext c) =>
        c.Set(0, c.Type(0), ProductRules.MatMulShape(c, Turned(c, c.Shape(0), "transA", "transBatchA"), Turned(c, c.Shape(1), "transB", "transBatchB")));

    /// <summary>Sum of two inputs, normalised: the result, mean and deviation, and the sum.</summary>
    public static void SkipNormalization(NodeContext c)
    {
        long[] x = c.Shape(0);
        if (x.Length == 0) throw c.Inconsistent("a scalar is normalised");
        c.Set(0, c.Type(0), x);
        c.Set(1, ElementType.Float32, [.. x[..^1], 1]);
        c.Set(2, ElementType.Float32, [.. x[..^1], 1]);
        c.Set(3, c.Type(0), x);
    }

    /// <summary>Embeddings [batch, length, width], number of words of each sample, and the sum before it is normalised.</summary>
    public static void EmbedNormalization(NodeContext c)
    {
        long[] words = c.Shape(0), table = c.Shape(2);
        if (words.Length != 2 || table.Length != 2) throw c.Inconsistent("words need two axes, embeddings too");
        c.Set(0, c.Type(2), words[0], words[1], table[1]);
        c.Set(1, ElementType.Int32, words[0]);
        c.Set(2, c.Type(2), words[0], words[1], table[1]);
    }

    internal static long[] Turned(NodeContext c, long[] shape, string inner, string outer)
    {
        if (shape.Length < 2) return shape;
        if (c.Node.Int(outer, 0) != 0) shape = [.. shape[1..^1], shape[0], shape[^1]];
        return c.Node.Int(inner, 0) != 0 ? [.. shape[..^2], shape[^1], shape[^2]] : shape;
    }
}
