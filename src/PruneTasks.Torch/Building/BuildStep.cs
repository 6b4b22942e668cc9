using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Building;

/// <summary>Sites that are built together: a feed-forward width, or the ranks of one attention layer.</summary>
/// <param name="Position">Index of the first node whose result changes.</param>
/// <param name="Sites">Plans of the sites, at least one unit removed from each.</param>
internal sealed record BuildStep(int Position, IReadOnlyList<SitePlan> Sites)
{
    /// <summary>The value-output site, if its rank is cut: then the layer after the heads is refitted on all heads together.</summary>
    /// <remarks>After a cut of queries and keys alone that refit gains nothing and overfits (docs/decisions/0005).</remarks>
    public SitePlan? ValueOutput => Sites.FirstOrDefault(s => s.Site is ValueOutputSite);

    /// <summary>A layer behind channels that were taken in earlier steps: what it reads is now final, and it is refitted again.</summary>
    public ConsumerLayer? Again { get; init; }

    /// <summary>Where the next step begins.</summary>
    public int Until { get; init; } = int.MaxValue;

    /// <summary>Some of the sites are channels, which may be read far behind the step.</summary>
    public bool IsWide => Again is not null || Sites.Any(s => s.Site is ChannelSite);

    /// <summary>Steps of a plan in the order in which the network computes them.</summary>
    /// <remarks>
    /// Channels are ranked, and all layers behind them repaired, where the first of these layers stands: what it reads is final there. Each of the others is repaired
    /// again where it stands itself.
    /// </remarks>
    public static IReadOnlyList<BuildStep> From(PrunePlan plan, IReadOnlyDictionary<Node, int> position)
    {
        SitePlan[] cut = [.. plan.Sites.Where(s => s.Remove > 0)];
        ChannelEnd[] ends = [.. cut.Select(s => s.Site).OfType<ChannelSite>().SelectMany(s => s.Consumers)];
        HashSet<int> starts = [.. cut.Where(s => s.Site is ChannelSite).Select(s => PositionOf(s.Site, position))];
        BuildStep[] steps =
        [
            .. cut.GroupBy(s => s.Site is ChannelSite ? PositionOf(s.Site, position) : (object?)SiteAccess.Attention(s.Site) ?? s.Site)
                .Select(g => new BuildStep(g.Min(s => PositionOf(s.Site, position)), [.. g])),
            .. ends.DistinctBy(end => end.Node).Where(end => !starts.Contains(position[end.Node])).Select(ConsumerLayer.Of).OfType<ConsumerLayer>()
                // What all places of a weight read cannot be seen at the last of them.
                .Where(layer => layer.Twins.Count == 0)
                .Select(layer => new BuildStep(position[layer.End.Node], []) { Again = layer }),
        ];
        // Layers that make the neurons of a feed-forward block are repaired before these are looked at.
        steps = [.. steps.OrderBy(s => s.Position).ThenByDescending(s => s.IsWide)];
        return [.. steps.Select((s, i) => i + 1 < steps.Length ? s with { Until = steps[i + 1].Position } : s)];
    }

    /// <summary>Index of the first node whose result changes when the site is compressed.</summary>
    public static int PositionOf(PruneSite site, IReadOnlyDictionary<Node, int> position) => site is ChannelSite channels
        ? channels.Consumers.Select(end => position[end.Node]).DefaultIfEmpty(position[channels.First]).Min()
        : (SiteAccess.Attention(site) is { } a ? [.. a.Projections.Select(p => p.Layer)] : SiteAccess.Producers(site)).Min(l => position[l.Node]);
}
