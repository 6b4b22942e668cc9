using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>An axis as <paramref name="Count"/> factors of its block, from number <paramref name="First"/> on.</summary>
internal readonly record struct ReshapeAxis(int Axis, int First, int Count);

/// <summary>Neighbouring axes that hold the same elements before and after a Reshape. Axes of 1 are in no block.</summary>
/// <param name="From">Axes before.</param>
/// <param name="To">Axes after.</param>
/// <param name="Factors">Sizes in which both are written, <see langword="null"/> for one that varies; no list if there are none: an axis is cut where the other is not.</param>
internal sealed record ReshapeBlock(IReadOnlyList<ReshapeAxis> From, IReadOnlyList<ReshapeAxis> To, IReadOnlyList<long?>? Factors);

/// <summary>Reads from sizes alone which axes a Reshape joins and splits.</summary>
internal static class ReshapeBlocks
{
    /// <summary>
    /// The blocks from one tensor to another with the same elements in the same order; <see langword="null"/> if they are not the same for all sizes
    /// of the inputs that were tried. Sizes at which an axis that varies happens to be 1 say nothing and are left out.
    /// </summary>
    public static IReadOnlyList<ReshapeBlock>? Of(Value from, Value to, ShapeInvariants invariants)
    {
        if (Sizes(from, invariants) is not { } fixedFrom || Sizes(to, invariants) is not { } fixedTo) return null;
        List<List<Block>> seen = [];
        IEnumerable<(IReadOnlyList<long>? From, IReadOnlyList<long>? To)> runs = from.Constant is { } constant
            ? [.. invariants.Runs.Select(r => ((IReadOnlyList<long>?)constant.Shape, r.ShapeOf(to)))]
            : invariants.Runs.Select(r => (r.ShapeOf(from), r.ShapeOf(to)));
        foreach ((IReadOnlyList<long>? a, IReadOnlyList<long>? b) in runs)
        {
            if (a is null || b is null || a.Count != fixedFrom.Count || b.Count != fixedTo.Count) continue;
            if (VaryingOne(a, fixedFrom) || VaryingOne(b, fixedTo)) continue;
            if (Cut(a, b) is not { } blocks) return null;
            seen.Add(blocks);
        }
        if (seen.Count < 2 || seen.Any(s => !s.Select(b => b.Form).SequenceEqual(seen[0].Select(b => b.Form)))) return null;
        return
        [
            .. seen[0].Select((block, i) => new ReshapeBlock(block.From, block.To, block.Factors is null
                ? null
                : [.. block.Factors.Select((size, f) => seen.All(s => s[i].Factors![f] == size) ? size : (long?)null)])),
        ];

        static bool VaryingOne(IReadOnlyList<long> shape, IReadOnlyList<long?> known) => shape.Where((size, i) => size == 1 && known[i] is null).Any();
    }

    private static IReadOnlyList<long?>? Sizes(Value value, ShapeInvariants invariants) =>
        value.Constant is { } constant ? [.. constant.Shape.Select(d => (long?)d)] : invariants.ShapeOf(value);

    private sealed record Block(List<ReshapeAxis> From, List<ReshapeAxis> To, List<long>? Factors)
    {
        /// <summary>Everything but the sizes.</summary>
        public string Form => $"{string.Join(',', From)}>{string.Join(',', To)}>{Factors?.Count}";
    }

    private static List<Block>? Cut(IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        if (from.Contains(0) || to.Contains(0)) return null;
        List<Block> blocks = [];
        int i = 0, j = 0;
        while (true)
        {
            while (i < from.Count && from[i] == 1) i++;
            while (j < to.Count && to[j] == 1) j++;
            if (i == from.Count && j == to.Count) return blocks;
            if (i == from.Count || j == to.Count) return null;
            (List<int> a, List<int> b) = ([i], [j]);
            long x = from[i++], y = to[j++];
            while (x != y)
            {
                if (x < y && i < from.Count)
                {
                    if (from[i] != 1) a.Add(i);
                    x *= from[i++];
                }
                else if (y < x && j < to.Count)
                {
                    if (to[j] != 1) b.Add(j);
                    y *= to[j++];
                }
                else
                {
                    return null;
                }
            }
            blocks.Add(Refine(a, from, b, to));
        }
    }

    /// <summary>Writes both sides in common factors: they exist if every boundary between axes, counted in elements from the end, divides the next.</summary>
    private static Block Refine(List<int> a, IReadOnlyList<long> from, List<int> b, IReadOnlyList<long> to)
    {
        SortedSet<long> bounds = [1, .. Bounds(a, from), .. Bounds(b, to)];
        long[] sorted = [.. bounds];
        for (int i = 1; i < sorted.Length; i++)
            if (sorted[i] % sorted[i - 1] != 0) return new Block([.. a.Select(x => new ReshapeAxis(x, 0, 0))], [.. b.Select(x => new ReshapeAxis(x, 0, 0))], null);
        // Factors from the first to the last; the k-th lies between bounds k and k + 1, counted from the end.
        List<long> factors = [.. Enumerable.Range(1, sorted.Length - 1).Reverse().Select(i => sorted[i] / sorted[i - 1])];
        return new Block(Parts(a, from), Parts(b, to), factors);

        List<ReshapeAxis> Parts(List<int> axes, IReadOnlyList<long> shape)
        {
            List<ReshapeAxis> parts = [];
            long inner = 1;
            foreach (int axis in Enumerable.Reverse(axes))
            {
                long outer = inner * shape[axis];
                int last = sorted.Length - 2 - Array.IndexOf(sorted, inner), first = sorted.Length - 1 - Array.IndexOf(sorted, outer);
                parts.Insert(0, new ReshapeAxis(axis, first, last - first + 1));
                inner = outer;
            }
            return parts;
        }
    }

    private static IEnumerable<long> Bounds(List<int> axes, IReadOnlyList<long> shape)
    {
        long product = 1;
        foreach (int axis in Enumerable.Reverse(axes)) yield return product *= shape[axis];
    }
}
