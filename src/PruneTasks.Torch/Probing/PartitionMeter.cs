using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;

namespace PruneTasks.Torch.Probing;

/// <summary>How personal and common groups are told apart.</summary>
public sealed record PartitionMeterSettings
{
    /// <summary>The output that is watched.</summary>
    public required WatchedOutputs Output { get; init; }

    /// <summary>Whether its last axis is one distribution over classes.</summary>
    public required bool Distribution { get; init; }

    /// <summary>Told how many probes are done, of how many; may be <see langword="null"/>.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Passes (over the samples of both sides) that may be spent; above, random sets are measured (<see cref="ProbeChoice"/>).</summary>
    public required double PassLimit { get; init; }

    /// <summary>Random sets instead of one group after the other, whatever that costs: so many; 0: as <see cref="PassLimit"/> says.</summary>
    public int Probes { get; init; }

    /// <summary>See <see cref="SparseRecovery.Recover"/>.</summary>
    public string Solver { get; init; } = "auto";

    /// <summary>Share of the groups in one random set.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Number of bootstraps.</summary>
    public int Bootstrap { get; init; } = 200;

    /// <summary>Of all draws.</summary>
    public int Seed { get; init; } = 42;
}

/// <summary>A partition, and how it was measured.</summary>
/// <param name="Partition">The classes.</param>
/// <param name="Choice">One by one, or random sets.</param>
/// <param name="Passes">Forward passes over the samples of both sides.</param>
public sealed record MeasuredPartition(GroupPartition Partition, ProbeChoice Choice, double Passes);

/// <summary>Measures prices of groups on personal and on common samples, and compares them.</summary>
public static class PartitionMeter
{
    /// <summary>Measures; <paramref name="dense"/> is not changed.</summary>
    public static MeasuredPartition Measure(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<ProbeGroup> groups, CalibrationBatches personal, CalibrationBatches common, PartitionMeterSettings settings,
        CancellationToken cancellationToken)
    {
        double alone = ProbeMeter.PassesAlone(model, groups);
        ProbeChoice choice = settings.Probes > 0 ? new ProbeChoice(false, settings.Probes, $"{settings.Probes} random sets: asked for") : ProbeChoice.Of(groups.Count, alone, settings.PassLimit);
        ProbeDesign design = ProbeDesign.Create(groups.Count, Math.Max(settings.Share, 1.0 / groups.Count), Math.Max(1, choice.Probes), settings.Seed);
        IReadOnlyList<IReadOnlyList<int>> probes = choice.Alone ? [.. Enumerable.Range(0, groups.Count).Select(j => (int[])[j])] : [.. design.Probes.Select(p => p.Groups)];
        ProbeReadings own = Read(personal, 0), others = Read(common, probes.Count);
        // Shares of a sum are compared, so the price's unit does not matter. KL of a few images outweighs that of all others; the logit error is steadier,
        // tells apart what KL cannot, and adds up best (docs/decisions/0011).
        const ProbeObservation price = ProbeObservation.LogitError;
        // One solver with one setting for both sides, so that the two differ by the data alone.
        Recovery? recovery = choice.Alone ? null : SparseRecovery.Recover(design, [.. own.Means(price).Zip(others.Means(price), (a, b) => (a + b) / 2)], null, settings.Solver, crossCheck: false);
        GroupPartition partition = GroupPartition.Of([.. groups.Select(g => g.Name)], Sample(own), Sample(others), settings.Bootstrap, settings.Seed);
        return new MeasuredPartition(partition, choice, ((own.Passes * personal.Samples) + (others.Passes * common.Samples)) / (personal.Samples + common.Samples));

        PriceSample Sample(ProbeReadings readings) => recovery is null
            ? PriceSample.Alone(readings.BySample(price))
            : PriceSample.Recovered(design, readings.BySample(price), recovery);

        ProbeReadings Read(CalibrationBatches samples, int before) => ProbeMeter.Measure(
            model, dense, groups, probes, samples, settings.Output, settings.Distribution, cancellationToken,
            (done, total) => settings.Progress?.Invoke(before + done, 2 * total));
    }
}
