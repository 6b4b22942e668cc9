using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Finds where, between a projection and the attention product, a narrower projection of its own can take over.</summary>
internal static class EntryFinder
{
    /// <summary>
    /// The earliest value that holds the columns of this role alone, in one of two forms: (lead axes…, columns), which the new layer can
    /// give directly; or any order of (lead axes…, heads, dimensions), which a Reshape and a Transpose after it give.
    /// </summary>
    /// <exception cref="RefusedException">There is no such value, or something else reads the values in between.</exception>
    public static (ProjectionEntry Entry, IReadOnlyList<AffectedAxis> Affected) Find(ProjectionPath path, HeadColumns heads, LayoutOperators layout)
    {
        int columns = path.Elements[0].Shape[^1];
        int[] unitOf = new int[columns];
        Array.Fill(unitOf, -1);
        foreach (int[] head in heads.Columns)
            for (int j = 0; j < head.Length; j++) unitOf[head[j]] = j;
        int mine = heads.Heads * heads.Size, prologue = Prologue(path);
        for (int at = 0; at < path.Values.Count; at++)
        {
            IndexTensor elements = path.Elements[at];
            if (elements.Ids.Any(id => unitOf[id % columns] < 0)) continue;
            foreach (int from in new[] { 0, Math.Min(prologue, at) }.Distinct())
            {
                IndexTensor source = path.Elements[from];
                (int[] order, int[] permutation)? form = Direct(elements, source, columns, mine) ?? Rebuilt(elements, source, columns, heads);
                if (form is null || Enumerable.Range(from + 1, at - from).Any(i => ChangesValues(path.Values[i].Producer!))) continue;
                RequireOnlyPath(path, from, at);
                AffectedAxis[] affected = [.. Enumerable.Range(at, path.Values.Count - at).Select(i =>
                    AxisOf(path.Values[i], path.Elements[i], id => unitOf[id % columns], path.Layer.Node))];
                for (int i = 1; i < affected.Length; i++) RequireNoSelection(affected[i - 1], affected[i]);
                return (new ProjectionEntry(
                    path.Values[at], form.Value.order, source.Rank - 1, form.Value.permutation, [.. path.Values.Take(at)],
                    [.. path.Values.Skip(1).Take(from).Select(v => v.Producer!)]), affected);
            }
        }
        throw new RefusedException(RefusalReason.Layout, path.Layer.Node, $"no value between '{path.Layer.Output.Name}' and '{path.End.Name}' holds one role in a known order");
    }

    /// <summary>The one axis of <paramref name="value"/> along which the units of its <paramref name="elements"/> change.</summary>
    /// <exception cref="RefusedException">Units are spread over several axes.</exception>
    public static AffectedAxis AxisOf(Value value, IndexTensor elements, Func<int, int> unit, Node node)
    {
        for (int axis = elements.Rank - 1; axis >= 0; axis--)
            if (elements.Shape[axis] > 1 && elements.AlongAxis(axis, unit) is { } unitOf) return new AffectedAxis(value, axis, unitOf);
        throw new RefusedException(RefusalReason.Layout, node, $"the dimensions of a head are spread over several axes of '{value.Name}'");
    }

    /// <summary>A Slice, Split or Gather between the two may not pick along the axis that becomes shorter.</summary>
    /// <exception cref="RefusedException">It does.</exception>
    public static void RequireNoSelection(AffectedAxis before, AffectedAxis after)
    {
        if (after.Value.Producer is { OpType: "Slice" or "Split" or "Gather" } node && before.UnitOf.Count != after.UnitOf.Count)
            throw new RefusedException(RefusalReason.Layout, node, $"{node.OpType} picks among the dimensions of a head");
    }

    /// <summary>How many moves after the layer only rearrange rows: they leave every column where it is, so a narrower layer can pass through copies of them.</summary>
    private static int Prologue(ProjectionPath path)
    {
        int columns = path.Elements[0].Shape[^1], count = 0;
        for (int i = 1; i < path.Values.Count; i++)
        {
            IndexTensor elements = path.Elements[i];
            bool rows = path.Values[i].Producer is { OpType: not ("Slice" or "Split" or "Gather") } && elements.Shape[^1] == columns;
            for (int k = 0; rows && k < elements.Ids.Length; k++) rows = elements.Ids[k] % columns == k % columns;
            if (!rows) break;
            count = i;
        }
        return count;
    }

    private static bool ChangesValues(Node node) => node.OpType is "Mul" or "Div" or "Cast";

    private static (int[], int[])? Direct(IndexTensor elements, IndexTensor source, int columns, int count)
    {
        if (elements.Rank != source.Rank || elements.Shape[^1] != count || !elements.Shape.AsSpan(..^1).SequenceEqual(source.Shape.AsSpan(..^1))) return null;
        int[] order = [.. elements.Ids.Take(count).Select(id => id % columns)];
        for (int i = 0; i < elements.Ids.Length; i++)
            if (elements.Ids[i] != source.Ids[(i / count * columns) + order[i % count]]) return null;
        return (order, []);
    }

    private static (int[], int[])? Rebuilt(IndexTensor elements, IndexTensor source, int columns, HeadColumns heads)
    {
        if (elements.Rank != source.Rank + 1 || source.Shape[^1] != columns) return null;
        int[] order = [.. heads.Columns.SelectMany(h => h)];
        IndexTensor canonical = source.Select(source.Rank - 1, order).Reshape([.. source.Shape.AsSpan(..^1), heads.Heads, heads.Size]);
        foreach (int[] permutation in Permutations(elements.Rank))
        {
            if (elements.IsTransposed(canonical, permutation)) return (order, permutation);
        }
        return null;
    }

    /// <summary>From the entry on, only the path itself (and Shape) may read the values; before it, other roles and Shape may.</summary>
    private static void RequireOnlyPath(ProjectionPath path, int prologue, int entry)
    {
        // Before the entry, Shape may be read as long as the lead axes stand first: a new layer has the same ones.
        for (int i = prologue + 1; i < entry; i++)
        {
            if (path.Values[i].Producer is not { OpType: "Transpose" or "Gather" or "Squeeze" or "Unsqueeze" } mover) continue;
            if (path.Values.Skip(i).Take(entry - i).Any(v => v.Uses.Any(u => u.Node.OpType == "Shape")))
                throw new RefusedException(RefusalReason.Layout, mover, $"Shape is read after {mover.OpType} has moved the packed projection");
        }
        for (int i = entry; i < path.Values.Count; i++)
        {
            Value value = path.Values[i];
            if (value.IsGraphOutput) throw new RefusedException(RefusalReason.GraphOutput, value.Producer, $"'{value.Name}' is an output of the model");
            if (value.IsCaptured) throw new RefusedException(RefusalReason.CapturedBySubgraph, value.Producer, $"'{value.Name}' is read by a control-flow body");
            if (value.Uses.Count(u => u.Node.OpType != "Shape") != 1)
                throw new RefusedException(RefusalReason.Barrier, value.Producer, $"'{value.Name}' is read by several nodes");
        }
    }

    private static IEnumerable<int[]> Permutations(int rank)
    {
        if (rank > 6) return [];
        IEnumerable<int[]> all = [[]];
        for (int i = 0; i < rank; i++)
            all = all.SelectMany(head => Enumerable.Range(0, rank).Where(x => !head.Contains(x)).Select(x => (int[])[.. head, x]));
        return all;
    }
}
