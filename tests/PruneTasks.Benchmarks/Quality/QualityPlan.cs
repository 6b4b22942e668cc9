using System.Globalization;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>What all sections share.</summary>
/// <param name="Subjects">The models.</param>
/// <param name="Trials">Runs trials.</param>
/// <param name="Seeds">Calibration seeds.</param>
/// <param name="Quick">Only enough to see that everything runs.</param>
/// <param name="Output">Takes the Markdown.</param>
/// <param name="Cancellation">Ends it.</param>
internal sealed record QualityPlan(Subjects Subjects, TrialRunner Trials, int[] Seeds, bool Quick, TextWriter Output, CancellationToken Cancellation)
{
    /// <summary>Methods to compare with.</summary>
    public IEnumerable<string> Baselines => Quick ? ["vbp", "corp"] : Torch.Baselines.BaselineMethod.All.Select(m => m.Name);

    /// <summary>The lines of <c>prune</c> that choose a method, ours or one to compare with.</summary>
    /// <remarks>Moved images steady a regression; what needs no data, or only means and variances, is spared them, for time.</remarks>
    public static string Method(string name) => name is "sequential" or "corp" ? $"method: {name}" : $"method: {name}\nviews: 0";

    /// <summary>One trial for each seed.</summary>
    public Figures[] Each(Func<int, Trial> trial) => [.. Seeds.Select(seed => Trials.Run(trial(seed)))];

    /// <summary>A budget as the spec has it.</summary>
    public static string Budget(double macs) => string.Create(CultureInfo.InvariantCulture, $"budget: {{ macs: {macs} }}");

    /// <summary>A share in per cent.</summary>
    public static string Percent(double share, int decimals = 1) => (100 * share).ToString($"F{decimals}", CultureInfo.InvariantCulture) + " %";
}
