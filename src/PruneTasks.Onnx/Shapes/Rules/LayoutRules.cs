namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of operators that rearrange axes.</summary>
internal static class LayoutRules
{
    public static void Reshape(NodeContext c)
    {
        long[] x = c.Shape(0);
        long[] target = c.IntsOrInput("shape", 1) ?? throw c.Inconsistent("no target shape");
        bool zeroIsZero = c.Node.Int("allowzero", 0) != 0;
        var shape = new long[target.Length];
        int open = -1;
        for (int i = 0; i < target.Length; i++)
        {
            shape[i] = target[i];
            if (target[i] == 0 && !zeroIsZero) shape[i] = i < x.Length ? x[i] : throw c.Inconsistent("a 0 in the target copies an axis that is not there");
            if (target[i] != -1) continue;
            if (open >= 0) throw c.Inconsistent("two open axes in the target");
            open = i;
            shape[i] = 1;
        }
        long have = Dims.Count(x), fixedCount = Dims.Count(shape);
        if (open >= 0)
        {
            if (fixedCount == 0 || have % fixedCount != 0) throw c.Inconsistent($"[{Dims.Text(x)}] does not fit [{Dims.Text(target)}]");
            shape[open] = have / fixedCount;
        }
        else if (have != fixedCount)
        {
            throw c.Inconsistent($"[{Dims.Text(x)}] does not fit [{Dims.Text(target)}]");
        }
        c.Set(0, c.Type(0), shape);
    }

    public static void Flatten(NodeContext c)
    {
        long[] x = c.Shape(0);
        long given = c.Node.Int("axis", 1);
        int axis = given == x.Length ? x.Length : c.Axis(given, x.Length);
        c.Set(0, c.Type(0), Dims.Count(x[..axis]), Dims.Count(x[axis..]));
    }

    public static void Squeeze(NodeContext c)
    {
        long[] x = c.Shape(0);
        long[]? given = c.IntsOrInput("axes", 1);
        HashSet<int> axes = given is null
            ? [.. Enumerable.Range(0, x.Length).Where(i => x[i] == 1)]
            : [.. given.Select(a => c.Axis(a, x.Length))];
        if (axes.Any(a => x[a] != 1)) throw c.Inconsistent($"an axis of [{Dims.Text(x)}] that is dropped is not 1");
        c.Set(0, c.Type(0), [.. x.Where((_, i) => !axes.Contains(i))]);
    }

    public static void Unsqueeze(NodeContext c)
    {
        long[] x = c.Shape(0);
        long[] given = c.IntsOrInput("axes", 1) ?? throw c.Inconsistent("no axes");
        int rank = x.Length + given.Length;
        HashSet<int> axes = [.. given.Select(a => c.Axis(a, rank))];
        if (axes.Count != given.Length) throw c.Inconsistent("an axis is given twice");
        int next = 0;
        c.Set(0, c.Type(0), [.. Enumerable.Range(0, rank).Select(i => axes.Contains(i) ? 1 : x[next++])]);
    }

    public static void Transpose(NodeContext c)
    {
        long[] x = c.Shape(0);
        c.Set(0, c.Type(0), [.. Permutation(c, x.Length).Select(i => x[i])]);
    }

    /// <summary>Attribute "perm"; the axes reversed when absent.</summary>
    public static int[] Permutation(NodeContext c, int rank)
    {
        int[] perm = c.Node.Ints("perm") is { } given ? [.. given.Select(a => c.Axis(a, rank))] : [.. Enumerable.Range(0, rank).Reverse()];
        return perm.Length == rank && perm.Distinct().Count() == rank ? perm : throw c.Inconsistent($"not a permutation of {rank} axes");
    }

    public static void DepthToSpace(NodeContext c)
    {
        long[] x = c.Shape(0);
        long b = c.Node.Int("blocksize", 1);
        if (x.Length != 4 || b < 1 || x[1] % (b * b) != 0) throw c.Inconsistent("channels do not fit the block size");
        c.Set(0, c.Type(0), x[0], x[1] / (b * b), x[2] * b, x[3] * b);
    }

    public static void SpaceToDepth(NodeContext c)
    {
        long[] x = c.Shape(0);
        long b = c.Node.Int("blocksize", 1);
        if (x.Length != 4 || b < 1 || x[2] % b != 0 || x[3] % b != 0) throw c.Inconsistent("spatial axes do not fit the block size");
        c.Set(0, c.Type(0), x[0], x[1] * b * b, x[2] / b, x[3] / b);
    }
}
