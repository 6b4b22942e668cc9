using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Probing;

/// <summary>Makes groups: one walk through the dense network for the statistics of all.</summary>
public static class ProbeGroups
{
    /// <summary>Each of <paramref name="sites"/>, compressed in closed form to as many units as given, with all else dense.</summary>
    /// <returns>In the order of the sites; the caller disposes them.</returns>
    public static IReadOnlyList<ProbeGroup> Sites(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<(PruneSite Site, int Keep)> sites, CalibrationBatches calibration, CancellationToken cancellationToken) =>
        [.. SitesWithErrors(model, dense, sites, calibration, cancellationToken).Select(s => s.Group)];

    /// <summary>As <see cref="Sites"/>, each with its local error curve (<see cref="SiteCompression.Errors"/>; empty for a site without units).</summary>
    internal static IReadOnlyList<(ProbeGroup Group, double[] Errors)> SitesWithErrors(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<(PruneSite Site, int Keep)> sites, CalibrationBatches calibration, CancellationToken cancellationToken)
    {
        var groups = new (ProbeGroup, double[])[sites.Count];
        RefitContext context = new BuildSettings().ContextFor(calibration.EffectiveSamples(), calibration.Batches.Count, dense);
        Walk(model, dense, sites.Count, i => sites[i].Site, calibration, cancellationToken, (i, position, stream) =>
        {
            if (sites[i].Keep == 0)
            {
                groups[i] = (Vanished(sites[i].Site, position, stream), []);
                return;
            }
            using SiteCompression compression = SiteAccess.Compression(sites[i].Site, null, context, limits: ChannelLimits.Prices);
            compression.Gather(stream, batch => stream.Run(batch, compression.Targets));
            using LoweredGraph changed = dense.Fork();
            double[] errors = compression.Errors(dense);
            compression.Apply(changed, sites[i].Keep);
            SiteGroup group = new(
                sites[i].Site.Name, SiteAccess.Changed(sites[i].Site).Min(c => position[c.Node]),
                [.. SiteAccess.Weights(sites[i].Site).Select(v => (v, changed.Weight(v).DetachFromDisposeScope()))]);
            groups[i] = (group, errors);
        });
        return groups;
    }

    /// <summary>Heads, feed-forward neurons and channels, gated by their means.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dense">The same, lowered.</param>
    /// <param name="sites">Value-output sites give one group for each head, feed-forward sites their neurons, channel sites their channels.</param>
    /// <param name="calibration">Samples for means and order.</param>
    /// <param name="chunk">Neurons of one group, neighbours in the order in which optimal brain surgeon would take them; 1: each alone.</param>
    /// <param name="cancellationToken">Looked at between sites.</param>
    /// <returns>By site, then by head or chunk; the caller disposes them.</returns>
    public static IReadOnlyList<ProbeGroup> Units(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<PruneSite> sites, CalibrationBatches calibration, int chunk, CancellationToken cancellationToken)
    {
        PruneSite[] gated = [.. sites.Where(s => s is FfnSite or ValueOutputSite or ChannelSite)];
        var groups = new IReadOnlyList<ProbeGroup>[gated.Length];
        Walk(model, dense, gated.Length, i => gated[i], calibration, cancellationToken, (i, position, stream) =>
        {
            if (gated[i] is ChannelSite channels)
            {
                groups[i] = ChannelGroups.Of(channels, dense, stream, chunk, calibration.EffectiveSamples(), position);
                return;
            }
            LinearView[] readers = Readers(gated[i]);
            using MomentAccumulator moments = Moments(readers[0], stream);
            IEnumerable<int[]> parts = gated[i] is ValueOutputSite { Attention.Output.Rows: var heads }
                ? heads.Select(h => h.ToArray())
                : Order(dense, readers, moments, chunk, calibration.EffectiveSamples()).Chunk(Math.Max(1, chunk)).Select(c => c.Order().ToArray());
            string kind = gated[i] is FfnSite ? chunk > 1 ? "chunk" : "neuron" : "head";
            groups[i] = [.. parts.Select((rows, k) => Gate($"{gated[i].Name} {kind} {k}", readers, rows, moments, position))];
        });
        return [.. groups.SelectMany(g => g)];
    }

    /// <summary>A branch that becomes a constant. Queries and keys go along with the values of their layer.</summary>
    private static ProbeGroup Vanished(PruneSite site, Dictionary<Node, int> position, ActivationStream stream)
    {
        if (site.Kind == UnitKind.QueryKey) return new SiteGroup(site.Name, position.Count - 1, []);
        LinearView[] readers = Readers(site);
        using MomentAccumulator moments = Moments(readers[0], stream);
        return Gate(site.Name, readers, [.. Enumerable.Range(0, readers[0].InFeatures)], moments, position);
    }

    private static LinearView[] Readers(PruneSite site) => site is FfnSite ffn ? [.. ffn.Consumers] : [((ValueOutputSite)site).Attention.Output!.Layer];

    private static MomentAccumulator Moments(LinearView reader, ActivationStream stream)
    {
        MomentAccumulator moments = new(reader.InFeatures);
        for (int batch = 0; batch < stream.Batches; batch++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = stream.Run(batch, reader.Input)[0];
            moments.Add(rows.reshape(-1, rows.shape[^1]), stream.Weight(batch));
        }
        return moments;
    }

    private static RowGroup Gate(string name, LinearView[] readers, int[] rows, MomentAccumulator moments, Dictionary<Node, int> position)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = moments.Mean().index_select(0, tensor(rows.Select(row => (long)row).ToArray()));
        return new RowGroup(name, readers.Min(r => position[r.Node]), [.. readers.Select(r => (r, rows, mean.alias().DetachFromDisposeScope()))]);
    }

    private static int[] Order(LoweredGraph dense, LinearView[] readers, MomentAccumulator moments, int chunk, double samples)
    {
        if (chunk <= 1) return [.. Enumerable.Range(0, readers[0].InFeatures)];
        using DisposeScope scope = NewDisposeScope();
        Tensor hessian = moments.Gram(), weights = cat([.. readers.Select(r => LayerWeights.Weight(dense, r))], dim: 1);
        double rows = samples * new BuildSettings().EffectiveRowsPerSample;
        return ObsElimination.Rank(hessian, weights, OasShrinkage.Lambda(hessian, rows)).Order;
    }

    /// <summary>Visits the sites in the order of the graph, with the cut of the stream before each.</summary>
    private static void Walk(
        OnnxModel model, LoweredGraph dense, int count, Func<int, PruneSite> site, CalibrationBatches calibration, CancellationToken cancellationToken,
        Action<int, Dictionary<Node, int>, ActivationStream> visit)
    {
        using var off = no_grad();
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        using ActivationStream stream = new(dense, calibration);
        foreach (int i in Enumerable.Range(0, count).OrderBy(i => BuildStep.PositionOf(site(i), position)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            stream.Advance(BuildStep.PositionOf(site(i), position));
            visit(i, position, stream);
        }
    }
}
