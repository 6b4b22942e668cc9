namespace PruneTasks.Pruning;

/// <summary>Prices of all groups on any selection of samples.</summary>
/// <param name="Samples">Number of samples.</param>
/// <param name="Prices">Indices of samples (some perhaps more than once) → price of each group.</param>
public sealed record PriceSample(int Samples, Func<IReadOnlyList<int>, double[]> Prices)
{
    /// <summary>Every group was measured alone.</summary>
    /// <param name="bySample">[sample][group].</param>
    public static PriceSample Alone(IReadOnlyList<IReadOnlyList<double>> bySample) => new(
        bySample.Count, taken => [.. Enumerable.Range(0, bySample[0].Count).Select(j => taken.Average(s => bySample[s][j]))]);

    /// <summary>Random sets were measured; prices are recovered anew for each selection, with settings chosen on all samples.</summary>
    /// <param name="design">The sets.</param>
    /// <param name="bySample">[sample][probe].</param>
    /// <param name="recovery">Solver and settings.</param>
    public static PriceSample Recovered(ProbeDesign design, IReadOnlyList<IReadOnlyList<double>> bySample, Recovery recovery) => new(
        bySample.Count,
        taken => SparseRecovery.Again(design, [.. Enumerable.Range(0, design.Probes.Count).Select(i => taken.Average(s => bySample[s][i]))], null, recovery));
}
