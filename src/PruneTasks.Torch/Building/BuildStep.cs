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

    /// <summary>Steps of a plan in the order in which the network computes them.</summary>
    public static IReadOnlyList<BuildStep> From(PrunePlan plan, IReadOnlyDictionary<Node, int> position) =>
    [
        .. plan.Sites.Where(s => s.Remove > 0)
            .GroupBy(s => (object?)SiteAccess.Attention(s.Site) ?? s.Site)
            .Select(g => new BuildStep(g.Min(s => PositionOf(s.Site, position)), [.. g]))
            .OrderBy(s => s.Position),
    ];

    /// <summary>Index of the first node whose result changes when the site is compressed.</summary>
    public static int PositionOf(PruneSite site, IReadOnlyDictionary<Node, int> position) =>
        (SiteAccess.Attention(site) is { } a ? [.. a.Projections.Select(p => p.Layer)] : SiteAccess.Producers(site)).Min(l => position[l.Node]);
}
