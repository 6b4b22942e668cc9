namespace PruneTasks.Pruning;

/// <summary>Which columns of a projection form which head of an attention product, read off the operand.</summary>
/// <param name="Columns">[head][dimension] → column of the projection's output.</param>
/// <param name="HeadOfBatch">Head by flattened batch position (batch axes in the product's order).</param>
internal sealed record HeadColumns(int[][] Columns, int[] HeadOfBatch)
{
    public int Heads => Columns.Length;

    public int Size => Columns[0].Length;

    /// <summary>
    /// Reads the columns along <paramref name="dimensionAxis"/> at every batch position; they must not depend on <paramref name="freeAxis"/> (the token).
    /// Heads are numbered by their first column.
    /// </summary>
    /// <exception cref="RefusedException">The columns of a head differ from token to token, or heads overlap.</exception>
    public static HeadColumns Read(IndexTensor columns, IReadOnlyList<int> batchAxes, int dimensionAxis, int freeAxis, Onnx.Node node)
    {
        IndexTensor ordered = columns.Transpose([.. batchAxes, freeAxis, dimensionAxis]);
        int size = columns.Shape[dimensionAxis], tokens = columns.Shape[freeAxis];
        int batches = ordered.Ids.Length / (size * tokens);
        var vectors = new int[batches][];
        for (int b = 0; b < batches; b++)
        {
            vectors[b] = ordered.Ids.AsSpan(b * tokens * size, size).ToArray();
            for (int t = 1; t < tokens; t++)
            {
                if (!ordered.Ids.AsSpan(((b * tokens) + t) * size, size).SequenceEqual(vectors[b]))
                    throw new RefusedException(RefusalReason.Layout, node, "the columns of a head differ from token to token");
            }
        }
        int[][] heads = [.. vectors.DistinctBy(v => v[0]).OrderBy(v => v[0])];
        if (heads.SelectMany(h => h).Distinct().Count() != heads.Length * size)
            throw new RefusedException(RefusalReason.Layout, node, "heads share columns");
        int[] headOfBatch = Array.ConvertAll(vectors, v => Array.FindIndex(heads, h => h.AsSpan().SequenceEqual(v)));
        if (headOfBatch.Contains(-1)) throw new RefusedException(RefusalReason.Layout, node, "heads overlap");
        return new HeadColumns(heads, headOfBatch);
    }

    /// <summary>As <see cref="AlignTo"/>; <see langword="null"/> where heads are shared.</summary>
    public HeadColumns? TryAlignTo(HeadColumns other)
    {
        if (Heads != other.Heads || HeadOfBatch.Length != other.HeadOfBatch.Length) return null;
        (int, int)[] pairs = [.. other.HeadOfBatch.Zip(HeadOfBatch).Distinct().Order()];
        return pairs.Length == Heads && pairs.Select(p => p.Item2).Distinct().Count() == Heads ? new HeadColumns([.. pairs.Select(p => Columns[p.Item2])], other.HeadOfBatch) : null;
    }

    /// <summary>These columns with heads numbered as <paramref name="other"/> numbers them, matched over batch positions.</summary>
    /// <exception cref="RefusedException">A head of one side meets several heads of the other.</exception>
    public HeadColumns AlignTo(HeadColumns other, Onnx.Node node)
    {
        if (Heads != other.Heads || HeadOfBatch.Length != other.HeadOfBatch.Length)
            throw new RefusedException(RefusalReason.GroupedHeads, node, $"{other.Heads} heads share {Heads} key or value heads");
        var mine = new int[Heads];
        Array.Fill(mine, -1);
        for (int b = 0; b < HeadOfBatch.Length; b++)
        {
            ref int slot = ref mine[other.HeadOfBatch[b]];
            if (slot >= 0 && slot != HeadOfBatch[b]) throw new RefusedException(RefusalReason.GroupedHeads, node, "heads are paired differently in different places");
            slot = HeadOfBatch[b];
        }
        if (mine.Distinct().Count() != Heads) throw new RefusedException(RefusalReason.GroupedHeads, node, "several query heads share one key or value head");
        return new HeadColumns([.. mine.Select(h => Columns[h])], other.HeadOfBatch);
    }
}
