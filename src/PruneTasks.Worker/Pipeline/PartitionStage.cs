using PruneTasks.Spec;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Decides whether the partition is measured, and what becomes of its caps.</summary>
internal static class PartitionStage
{
    /// <summary>Runs the stage.</summary>
    /// <returns>Null where the spec wants none or nothing can be compared, and nobody asked.</returns>
    public static PartitionReport? Run(PruneJob job, TorchNetwork? network, Func<Func<PartitionReport>, PartitionReport> stage, CancellationToken cancellation)
    {
        PartitionSettings settings = job.Spec.Prune.Partition;
        bool caps = settings.CommonMax is not null || settings.PersonalMax is not null;
        bool sets = (settings.Solver != "auto" || settings.Count > 0) && job.Spec.Prune.Prices != "probes";
        bool asked = settings.Probes == "on" || caps || sets;
        PartitionReport? report =
            network is null ? asked ? new PartitionReport("no unit that can be pruned was found") : null
            : settings.Probes == "off" ? caps || sets ? new PartitionReport("prune.partition.probes is off") : null
            : job.Spec.Data.Common is null ? asked ? new PartitionReport("the spec has no data.common to compare with") : null
            : stage(() => network.Partition(cancellation));
        if (report is null) return null;
        List<string> idle = [];
        if (caps && job.Spec.Prune.Ratios is not null) idle.Add("the caps of prune.partition do not act on prune.ratios");
        else if (caps && report.Sites is null) idle.Add($"the caps of prune.partition do not act: {report.NotMeasured}");
        else if (caps && report.LeastWidths(settings).Count == 0) idle.Add("the caps of prune.partition act on no site: none was found to be of their class");
        if (sets && report.Sites?.Choice.Alone != false && report.Units?.Choice.Alone != false)
            idle.Add("prune.partition.solver and count do not act: nothing was measured by random sets");
        foreach (string line in idle) job.Log(line);
        return idle.Count == 0 ? report : report with { Idle = string.Join("; ", idle) };
    }
}
