using System.Globalization;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>The measuring stick at three cuts, without the exact rewrite, with more images, and beside the methods to compare with.</summary>
internal static class CutsSection
{
    private static readonly (double Macs, double Kl, double Drop)[] s_asked = [(0.7, 0.005, 0), (0.5, 0.035, 1.2), (0.35, 0.10, 2.5)];

    // Shares of feed-forward and query-key units that, values left alone, give about these cuts together with the exact rewrite.
    private static readonly Dictionary<double, string> s_valuesLeft = new()
    {
        [0.7] = "ratios: { ffn: 0.3, qk: 0.25, vo: 0 }", [0.5] = "ratios: { ffn: 0.6, qk: 0.625, vo: 0 }", [0.35] = "ratios: { ffn: 0.85, qk: 0.875, vo: 0 }",
    };

    /// <summary>Writes the section.</summary>
    public static void Write(QualityPlan plan)
    {
        Subject cifar = plan.Subjects.Cifar;
        (double Macs, double Kl, double Drop)[] asked = plan.Quick ? s_asked[1..2] : s_asked;
        var table = new MarkdownTable(plan.Output, "vit-cifar10-811k", "KL", "asked", "points below dense", "asked", "agreement", "MACs left", "n");
        foreach ((double macs, double kl, double drop) in asked) Row($"−{100 * (1 - macs):F0} % of the MACs", QualityPlan.Budget(macs), null, kl, drop);
        if (!plan.Quick)
        {
            Row("−50 %, without the class-token slice", QualityPlan.Budget(0.5) + "\nexact: false", null, 0.047, null);
            Row("−50 %, 1,024 images", QualityPlan.Budget(0.5), 1024, null, 0.5);
        }

        plan.Output.WriteLine();
        table = new MarkdownTable(plan.Output, ["KL at the same cut", .. asked.Select(a => $"−{100 * (1 - a.Macs):F0} %")]);
        Methods("ours", macs => QualityPlan.Budget(macs));
        Methods("ours, uniform", macs => QualityPlan.Budget(macs) + "\nallocation: uniform");
        foreach (string method in plan.Baselines) Methods(method, macs => $"{QualityPlan.Budget(macs)}\n{QualityPlan.Method(method)}");
        Methods("corp, values left alone", macs => $"{s_valuesLeft[macs]}\nmethod: corp");
        if (!plan.Quick) Methods("corp, prices measured by us", macs => $"{QualityPlan.Budget(macs)}\nmethod: corp\nallocation: measured");

        void Row(string name, string prune, int? samples, double? kl, double? drop)
        {
            Figures[] all = plan.Each(seed => new Trial(cifar, seed, prune, Calibration: samples));
            Spread divergence = Spread.Of(all.Select(f => f.Kl)), points = Spread.Of(all.Select(f => f.Drop));
            table.Add(
                name, divergence.Fine(), kl is { } most ? Verdict.AtMost(divergence.Mean, most, "F4") : "", points.Text(2),
                drop is { } allowed ? Verdict.AtMost(points.Mean, allowed, "F2") : "", Spread.Of(all.Select(f => 100 * f.Agreement)).Text(1) + " %",
                QualityPlan.Percent(all.Average(f => f.Macs)), all[0].Samples.ToString(CultureInfo.InvariantCulture));
        }

        void Methods(string name, Func<double, string> prune) => table.Add(
        [
            name,
            .. asked.Select(a =>
            {
                Figures[] all = plan.Each(seed => new Trial(cifar, seed, prune(a.Macs)));
                return $"{Spread.Of(all.Select(f => f.Kl)).Fine()} (top-1 {Spread.Of(all.Select(f => -f.Drop)).Mean.ToString("+0.0;−0.0", CultureInfo.InvariantCulture)}; {QualityPlan.Percent(all.Average(f => f.Macs), 0)} left)";
            }),
        ]);
    }
}
