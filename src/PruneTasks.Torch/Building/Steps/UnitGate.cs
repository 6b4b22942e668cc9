using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Rows of a layer that read gated units.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="RowsOf">Unit → rows.</param>
/// <param name="Means">Mean of every input of the layer.</param>
internal sealed record GatedRows(LinearView Layer, Func<int, IEnumerable<int>> RowsOf, double[] Means);

/// <summary>Columns of a layer that make gated units.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="ColumnsOf">Unit → columns.</param>
internal sealed record GatedColumns(LinearView Layer, Func<int, IEnumerable<int>> ColumnsOf);

/// <summary>
/// The gates of one site. A unit that is gated by γ acts as μ + γ(x − μ): that is folded into the weight rows and the bias of the layers that read it.
/// A rank of the query-key product has no mean that matters (softmax ignores it): its query columns are scaled.
/// </summary>
internal sealed record UnitGate(IReadOnlyList<GatedRows> Rows, IReadOnlyList<GatedColumns> Scaled, IReadOnlyList<GatedColumns> Cleared)
{
    /// <summary>Multiplies the part of these units that varies by <paramref name="factor"/>; 1/γ opens a gate again, to the last bit for γ = ½.</summary>
    public void Scale(LoweredGraph network, IReadOnlyCollection<int> units, double factor)
    {
        if (units.Count == 0) return;
        using DisposeScope scope = NewDisposeScope();
        foreach (GatedRows rows in Rows)
        {
            long[] at = [.. units.SelectMany(rows.RowsOf).Select(r => (long)r)];
            Tensor index = tensor(at), weight = LayerWeights.Weight(network, rows.Layer), chosen = weight.index_select(0, index);
            Tensor mean = TorchTypes.Aligned(tensor(at.Select(r => rows.Means[r]).ToArray()));
            LayerWeights.SetWeight(network, rows.Layer, weight.index_copy(0, index, chosen * factor));
            LayerWeights.SetBias(network, rows.Layer, LayerWeights.Bias(network, rows.Layer) + (mean.unsqueeze(0).mm(chosen).squeeze(0) * (1 - factor)));
        }
        foreach (GatedColumns columns in Scaled) ScaleColumns(network, columns, units, factor);
    }

    /// <summary>Clears what makes these units, where that is how they go.</summary>
    public void Clear(LoweredGraph network, IReadOnlyCollection<int> units)
    {
        if (units.Count == 0) return;
        using DisposeScope scope = NewDisposeScope();
        foreach (GatedColumns columns in Cleared) ScaleColumns(network, columns, units, 0);
    }

    private static void ScaleColumns(LoweredGraph network, GatedColumns columns, IReadOnlyCollection<int> units, double factor)
    {
        Tensor index = tensor(units.SelectMany(columns.ColumnsOf).Select(c => (long)c).ToArray());
        Tensor weight = LayerWeights.Weight(network, columns.Layer);
        LayerWeights.SetWeight(network, columns.Layer, weight.index_copy(1, index, weight.index_select(1, index) * factor));
        if (columns.Layer.Bias is null) return;
        Tensor bias = LayerWeights.Bias(network, columns.Layer);
        LayerWeights.SetBias(network, columns.Layer, bias.index_copy(0, index, bias.index_select(0, index) * factor));
    }
}
