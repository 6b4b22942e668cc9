using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;

namespace PruneTasks.Torch.Pricing;

/// <summary>What measuring prices costs, known before anything runs.</summary>
/// <param name="Macs">Multiply-accumulates of one sample.</param>
/// <param name="Moments">Multiply-accumulates of the second moments of one sample at all sites, in float64.</param>
/// <param name="Behind">[node] → share of a forward pass that starts there.</param>
/// <param name="Sites">[site] → share of a forward pass that starts there.</param>
public sealed record PriceWork(long Macs, long Moments, IReadOnlyList<double> Behind, IReadOnlyList<double> Sites)
{
    /// <summary>Counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cost">Its cost for one sample.</param>
    /// <param name="sites">Its sites.</param>
    public static PriceWork Of(OnnxModel model, ModelCost cost, IReadOnlyList<PruneSite> sites)
    {
        IReadOnlyList<Node> nodes = model.Graph.Nodes;
        var behind = new double[nodes.Count];
        long sum = 0;
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            sum += Macs(nodes[i]);
            behind[i] = (double)sum / Math.Max(1, cost.Total.Macs);
        }
        Dictionary<Node, int> position = nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        // A consumer multiplies rows by units × outputs; its moments take units × (units + outputs).
        long moments = sites.OfType<FfnSite>().SelectMany(s => s.Consumers).Sum(c => Macs(c.Node) * (c.InFeatures + c.OutFeatures) / Math.Max(1, c.OutFeatures));
        moments += sites.OfType<ChannelSite>().SelectMany(s => s.Consumers).Select(ConsumerLayer.Of).OfType<ConsumerLayer>().Sum(l => Rows(l) * ((long)l.Groups * l.Features * (l.Features + l.Outputs)) / 64);
        return new PriceWork(cost.Total.Macs, moments, behind, [.. sites.Select(s => behind[BuildStep.PositionOf(s, position)])]);

        // Windows are sampled, so that there are so many however many samples there are; counted here for 64 samples.
        static long Rows(ConsumerLayer layer) => ChannelLimits.RowsFor(layer.Features);
        long Macs(Node node) => cost.ByNode.TryGetValue(node, out Cost one) ? one.Macs : 0;
    }

    /// <summary>Forward passes over the watched samples.</summary>
    public double Passes(PriceSettings settings) => settings.Source switch
    {
        PriceSource.Tails => 0,
        PriceSource.Fisher => 1 + (2.0 * (settings.Draws + 1)),
        _ => 1 + (settings.Levels.Count * Sites.Sum()),
    };

    /// <summary>Multiply-accumulates in all: the watched passes, and the statistics (each sample once through the network and the layers of every site once more).</summary>
    public double Total(PriceSettings settings) =>
        (settings.Watched * Passes(settings) * Macs) + (settings.Statistics * ((2.0 * Macs) + (2.0 * Moments)));
}
