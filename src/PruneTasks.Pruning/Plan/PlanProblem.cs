using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Sites that are decided together.</summary>
/// <param name="Sites">Their indices: one site, or the two ranks of an attention layer.</param>
/// <param name="PriceOfNone">Price of removing all units of all of them; null if that is not offered.</param>
internal sealed record PlanGroup(IReadOnlyList<int> Sites, double? PriceOfNone);

/// <summary>A planning problem with everything looked up once.</summary>
internal sealed class PlanProblem
{
    private readonly Cost _dense;
    private readonly PlanOptions _options;
    private readonly double[][][] _saved;

    public PlanProblem(IReadOnlyList<PricedSite> sites, Cost dense, BudgetBounds bounds, PlanOptions options)
    {
        (Sites, _dense, Limits, _options) = (sites, dense, bounds, options);
        Bounds = bounds.Each(dense, options.Latency);
        Widths = [.. sites.Select(s => options.Widths(s.Site))];
        Groups = [.. Enumerable.Range(0, sites.Count).GroupBy(i => (object?)AttentionOf(sites[i].Site) ?? i).Select(Group)];
        _saved = [.. Bounds.Select(b => sites.Select(s => Enumerable.Range(0, s.Site.Units + 1).Select(k => b.Saved(s, k)).ToArray()).ToArray())];
    }

    public IReadOnlyList<PricedSite> Sites { get; }

    public BudgetBounds Limits { get; }

    public IReadOnlyList<Bound> Bounds { get; }

    public IReadOnlyList<IReadOnlyList<int>> Widths { get; }

    public IReadOnlyList<PlanGroup> Groups { get; }

    /// <summary>Share of the dense model, as a bound counts it, that one site saves.</summary>
    public double Saved(int bound, int site, int keep) => _saved[bound][site][keep];

    /// <summary>Whether the sites overlap, so that what they save does not quite add up.</summary>
    public bool Overlaps => _options.Shared.Count > 0;

    public PrunePlan Plan(IReadOnlyList<int> keep) =>
        new([.. Sites.Select((s, i) => new SitePlan(s.Site, s.Cost, keep[i]))], _dense) { Shared = _options.Shared, Latency = _options.Latency };

    public int[] Smallest()
    {
        int[] keep = [.. Widths.Select(w => w[0])];
        foreach (int site in Groups.Where(g => g.PriceOfNone is not null).SelectMany(g => g.Sites)) keep[site] = 0;
        return keep;
    }

    public double Price(IReadOnlyList<int> keep) => Price(Sites, keep);

    /// <summary>Sum of prices. The query-key rank of an attention layer that is gone has no price of its own.</summary>
    public static double Price(IReadOnlyList<PricedSite> sites, IReadOnlyList<int> keep) =>
        sites.Select((s, i) => keep[i] == 0 && s.Site is QueryKeySite ? 0 : s.Curve.Prices[keep[i]]).Sum();

    private PlanGroup Group(IGrouping<object, int> members)
    {
        int[] sites = [.. members];
        int[] decides = [.. sites.Where(i => _options.Vanishing.Contains(Sites[i].Site) && Sites[i].Site is not QueryKeySite)];
        bool free = sites.All(i => !_options.Minimum.TryGetValue(Sites[i].Site, out int least) || least <= 0);
        return new PlanGroup(sites, decides.Length == 1 && free ? Sites[decides[0]].Curve.Prices[0] : null);
    }

    private static AttentionLayer? AttentionOf(PruneSite site) => site switch
    {
        QueryKeySite s => s.Attention,
        ValueOutputSite s => s.Attention,
        _ => null,
    };
}
