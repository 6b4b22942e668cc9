using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Writing by index: Scatter (before opset 11), ScatterElements and ScatterND with all reductions.</summary>
internal static class ScatterOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Scatter", ScatterElements),
        One("ScatterElements", ScatterElements) with { Refuse = Refuse },
        One("ScatterND", ScatterNd) with { Refuse = Refuse },
    ];

    private static string? Refuse(Node node, long opset) =>
        node.String("reduction", "none") is "none" or "add" or "mul" or "min" or "max" ? null : $"reduction '{node.String("reduction")}'";

    private static Tensor ScatterElements(LoweringCall c)
    {
        (Tensor x, Tensor updates) = (c[0], c[2]);
        int axis = (int)c.Axis(c.Node.Int("axis", 0), x.dim());
        Tensor index = IndexOperators.FromFront(c[1], x.shape[axis]);
        if (!index.shape.SequenceEqual(updates.shape)) throw c.Fail($"indices [{string.Join(", ", index.shape)}] and updates [{string.Join(", ", updates.shape)}]");
        if (c.Node.String("reduction", "none") == "none") return x.scatter(axis, index, updates);
        // Places in the flattened data: the given index along the axis, the own coordinate along the others.
        Tensor places = zeros_like(index);
        for (int d = 0; d < x.dim(); d++)
        {
            Tensor at = d == axis ? index : arange(index.shape[d], int64).reshape([.. Enumerable.Range(0, (int)x.dim()).Select(i => i == d ? -1L : 1L)]);
            places = places * x.shape[d] + at;
        }
        return Reduced(c, x.reshape(-1), places.reshape(-1), updates.reshape(-1)).reshape(x.shape);
    }

    private static Tensor ScatterNd(LoweringCall c)
    {
        (Tensor rows, long[] rest) = IndexOperators.FlatRows(c, c[0], c[1]);
        Tensor data = c[0].reshape([-1, .. rest]), updates = c[2].reshape([-1, .. rest]);
        if (c.Node.String("reduction", "none") == "none")
            return data.clone().index_put_(updates, [TensorIndex.Tensor(rows)]).reshape(c[0].shape);
        return Reduced(c, data, rows, updates).reshape(c[0].shape);
    }

    // Rows that are written several times take one update after the other: round k holds the k-th update of each row.
    private static Tensor Reduced(LoweringCall c, Tensor data, Tensor rows, Tensor updates)
    {
        string reduction = c.Node.String("reduction")!;
        if (reduction == "add") return data.index_add(0, rows, updates, 1);
        long[] at = rows.contiguous().data<long>().ToArray();
        Dictionary<long, int> seen = [];
        List<List<long>> rounds = [];
        for (int i = 0; i < at.Length; i++)
        {
            int round = seen.GetValueOrDefault(at[i]);
            seen[at[i]] = round + 1;
            if (round == rounds.Count) rounds.Add([]);
            rounds[round].Add(i);
        }
        foreach (List<long> round in rounds)
        {
            Tensor which = tensor(round.ToArray()), into = rows.index_select(0, which);
            Tensor old = data.index_select(0, into), update = updates.index_select(0, which);
            Tensor merged = reduction switch { "mul" => old * update, "min" => old.minimum(update), _ => old.maximum(update) };
            data = data.clone().index_put_(merged, [TensorIndex.Tensor(into)]);
        }
        return data;
    }
}
