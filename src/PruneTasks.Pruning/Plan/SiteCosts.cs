using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What one unit of a site costs, from the shapes of one sample; everything that is pruned here is linear in the number of units, up to <see cref="SharedLayer"/>.</summary>
public static class SiteCosts
{
    /// <summary>Cost of one unit of <paramref name="site"/>.</summary>
    /// <param name="site">The site.</param>
    /// <param name="oneSample">Shapes with the batch axis bound to 1.</param>
    /// <exception cref="InvalidOperationException">A shape is unknown.</exception>
    public static Cost Of(PruneSite site, InferredShapes oneSample)
    {
        switch (site)
        {
            case FfnSite ffn:
                return Sum([.. ffn.Producers.Select(Column), .. ffn.Consumers.Select(Row), .. ffn.Constants.Select(c => (Value: c.Node.Inputs[c.Input]!, c.Axis)).Distinct().Select(Entry)]);
            case QueryKeySite s:
                return Sum([Times(Column(s.Query.Layer), s.Query.Columns.Count), Times(Column(s.Key.Layer), s.Key.Columns.Count), Product(s.Attention)]);
            case ScoreGroupSite g:
                return Sum(
                [
                    Times(Column(g.Query.Layer), g.Query.ColumnsPerUnit), Times(Column(g.Key.Layer), g.Key.ColumnsPerUnit),
                    Times(Entries(g.Product.Outputs[0]), g.Query.DimensionsPerUnit),
                ]);
            case ValueOutputSite { Attention: var a, Output: var output }:
                // Shared values are stored and computed once, but every head mixes them.
                return Sum([Times(Column(a.Value.Layer), a.Value.Columns.Count), Times(Row(output.Layer), output.Rows.Count), Product(a)]);
            case ChannelSite channels:
                return OfChannels(channels, oneSample);
            default:
                throw new ArgumentOutOfRangeException(nameof(site));
        }

        Cost Column(LinearView layer) => Vector(layer, layer.InFeatures, layer.Bias is null ? 0 : 1);
        Cost Row(LinearView layer) => Vector(layer, layer.OutFeatures, 0);

        Cost Vector(LinearView layer, long length, long bias) => new(
            Vectors(layer, oneSample) * length, length + bias, (length + bias) * (TensorData.SizeOf(layer.Weight.Type) ?? 4));

        // A scale or shift of the hidden axis, where it is a parameter.
        static Cost Entry((Value Value, int Axis) along)
        {
            if (!IsCounted(along.Value)) return default;
            TensorData constant = along.Value.Constant!;
            long entries = constant.Count / constant.Shape[along.Axis];
            return new Cost(0, entries, entries * TensorData.SizeOf(constant.Type)!.Value);
        }

        // Scores and context alike: every attention weight takes one multiply-accumulate per dimension.
        Cost Product(AttentionLayer a) => Entries(a.Softmax.Outputs[0]);
        Cost Entries(Value scores) => new(Shape(scores, oneSample).Aggregate(1L, (x, y) => x * y), 0, 0);

        static Cost Times(Cost c, long n) => new(c.Macs * n, c.Parameters * n, c.Bytes * n);
        static Cost Sum(IEnumerable<Cost> costs) => costs.Aggregate((a, b) => a + b);
    }

    /// <summary>Every constant and every product that becomes smaller, with all its other sizes as they are.</summary>
    private static Cost OfChannels(ChannelSite site, InferredShapes oneSample)
    {
        Dictionary<(Value, int), int> perUnit = SiteAxes.Of(site).ToDictionary(a => (a.Value, a.Axis), a => a.PerUnit);
        Cost cost = default;
        foreach (ConstantAxis axis in site.Constants.Where(c => IsCounted(c.Constant)))
        {
            TensorData constant = axis.Constant.Constant!;
            long entries = constant.Count / constant.Shape[axis.Axis] * perUnit[(axis.Constant, axis.Axis)];
            cost += new Cost(0, entries, entries * TensorData.SizeOf(constant.Type)!.Value);
        }
        foreach (WorkTerm term in SiteAxes.Nodes([site]).SelectMany(node => WorkTerm.Of(node, oneSample)))
        {
            for (int i = 0; i < term.Letters.Count; i++)
            {
                int taken = term.Letters[i].Axes.Select(a => perUnit.GetValueOrDefault(a)).FirstOrDefault(n => n > 0);
                if (taken > 0) cost += new Cost(term.Letters.Where((_, j) => j != i).Aggregate((long)taken, (n, l) => n * l.Size), 0, 0);
            }
        }
        return cost;
    }

    /// <summary>Parameters are floating-point constants with at least one axis (<see cref="CostModel"/>).</summary>
    internal static bool IsCounted(Value value) =>
        value.Constant is { Shape.Count: > 0, Type: ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 };

    /// <summary>How many vectors a linear layer multiplies for one sample.</summary>
    /// <exception cref="InvalidOperationException">The shape of its input is unknown.</exception>
    internal static long Vectors(LinearView layer, InferredShapes oneSample) => Shape(layer.Input, oneSample).SkipLast(1).Aggregate(1L, (a, b) => a * b);

    private static IReadOnlyList<long> Shape(Value value, InferredShapes oneSample) =>
        oneSample.ShapeOf(value) ?? throw new InvalidOperationException($"the shape of '{value.Name}' is not known");
}
