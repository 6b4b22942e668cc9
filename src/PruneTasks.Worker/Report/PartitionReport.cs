using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>Which sites and units the app's own data needs more than everyone's.</summary>
/// <param name="NotMeasured">Why it was not measured; null if it was.</param>
internal sealed record PartitionReport(string? NotMeasured)
{
    /// <summary>The sites at half of their units.</summary>
    public MeasuredPartition? Sites { get; init; }

    /// <summary>[group of <see cref="Sites"/>] → site.</summary>
    public IReadOnlyList<PruneSite> SiteList { get; init; } = [];

    /// <summary>Heads and chunks of neurons; null unless asked for.</summary>
    public MeasuredPartition? Units { get; init; }

    /// <summary>Personal samples that were watched.</summary>
    public int Personal { get; init; }

    /// <summary>Common samples that were watched.</summary>
    public int Common { get; init; }

    /// <summary>Settings of <c>prune.partition</c> that do not act, and why; null if all that are set do.</summary>
    public string? Idle { get; init; }

    /// <summary>Fewest units that the caps of the spec leave at a site.</summary>
    /// <param name="settings">Caps by class; they act on groups of that class only, so on none if the partition is not separable.</param>
    public IReadOnlyDictionary<PruneSite, int> LeastWidths(PartitionSettings settings) => (Sites?.Partition.Groups ?? [])
        .Zip(SiteList, (group, site) => (Site: site, Max: group.Class switch
        {
            GroupClass.Personal => settings.PersonalMax,
            GroupClass.Common => settings.CommonMax,
            _ => null,
        }))
        .Where(p => p.Max is < 1)
        .ToDictionary(
            p => p.Site, p => Math.Max(1, (int)Math.Ceiling((p.Site.Units * (1 - p.Max!.Value)) - 1e-9)), (IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance);
}
