using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>One site narrowed in closed form, everything else dense.</summary>
/// <param name="Site">Index of the site.</param>
/// <param name="Position">Index of the first node whose result differs.</param>
/// <param name="Keep">Units kept.</param>
/// <param name="Changed">The network; the visitor owns it.</param>
internal readonly record struct SiteTrial(int Site, int Position, int Keep, LoweredGraph Changed);

/// <summary>Narrows one site after the other, in the order of the network.</summary>
internal static class SiteTrials
{
    /// <summary>Runs all trials.</summary>
    /// <param name="model">The model of <paramref name="stream"/>.</param>
    /// <param name="sites">Sites.</param>
    /// <param name="stream">The dense network before its first node; it stands before the site at each visit, and gives the statistics.</param>
    /// <param name="fit">Its batches that the statistics come from.</param>
    /// <param name="samples">Effective samples of these.</param>
    /// <param name="levels">Shares of the units kept; 0 is the whole branch replaced by its mean.</param>
    /// <param name="visit">Gets each trial.</param>
    /// <param name="cancellationToken">Looked at before each site.</param>
    /// <returns>[site][units + 1]: local errors.</returns>
    public static double[][] Visit(
        OnnxModel model, IReadOnlyList<PruneSite> sites, ActivationStream stream, IReadOnlyList<int> fit, double samples, IReadOnlyList<double> levels, Action<SiteTrial> visit,
        CancellationToken cancellationToken)
    {
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        RefitContext context = new BuildSettings().ContextFor(samples, fit.Count, stream.Graph);
        var errors = new double[sites.Count][];
        foreach (int i in Enumerable.Range(0, sites.Count).OrderBy(i => BuildStep.PositionOf(sites[i], position)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            int at = BuildStep.PositionOf(sites[i], position);
            stream.Advance(at);
            using SiteCompression compression = SiteAccess.Compression(sites[i], null, context, limits: ChannelLimits.Prices);
            compression.Gather(stream, batch => stream.Run(batch, compression.Targets), fit);
            errors[i] = compression.Errors(stream.Graph);
            foreach (int keep in sites[i].Units < 2 ? [] : levels.Select(l => Math.Clamp((int)Math.Round(l * sites[i].Units), l > 0 ? 1 : 0, sites[i].Units - 1)).Distinct())
            {
                LoweredGraph changed = stream.Graph.Fork();
                compression.Apply(changed, keep);
                visit(new SiteTrial(i, at, keep, changed));
            }
        }
        return errors;
    }
}
