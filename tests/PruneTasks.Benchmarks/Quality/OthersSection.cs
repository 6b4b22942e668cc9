using System.Globalization;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>Every other model, ours against every method to compare with.</summary>
internal static class OthersSection
{
    private const double Asked = 0.3;

    /// <summary>Writes the section.</summary>
    public static void Write(QualityPlan plan)
    {
        double[] cuts = plan.Quick ? [0.5] : [0.7, 0.5];
        string[] methods = ["sequential", .. plan.Baselines];
        foreach (Subject subject in plan.Subjects.Others())
        {
            var table = new MarkdownTable(
                plan.Output, subject.IsLanguage ? [subject.Name, "KL of the next token", "perplexity", "MACs left"] : [subject.Name, "KL", "points below dense", "agreement", "MACs left"]);
            List<string> verdicts = [];
            foreach (double macs in cuts)
            {
                Dictionary<string, double> kl = [];
                foreach (string method in methods)
                {
                    Figures[] all = plan.Each(seed => new Trial(subject, seed, $"{QualityPlan.Budget(macs)}\n{QualityPlan.Method(method)}"));
                    Spread divergence = Spread.Of(all.Select(f => f.Kl));
                    kl[method] = divergence.Mean;
                    string name = $"−{100 * (1 - macs):F0} %, {(method == "sequential" ? "ours" : method)}", left = QualityPlan.Percent(all.Average(f => f.Macs));
                    if (subject.IsLanguage)
                        table.Add(name, divergence.Fine(), $"{Spread.Of(all.Select(f => f.Perplexity)).Text(2)} (dense {all[0].DensePerplexity.ToString("F2", CultureInfo.InvariantCulture)})", left);
                    else
                        table.Add(name, divergence.Fine(), Spread.Of(all.Select(f => f.Drop)).Text(2), Spread.Of(all.Select(f => 100 * f.Agreement)).Text(1) + " %", left);
                }
                (string best, double least) = kl.Where(m => m.Key != "sequential").MinBy(m => m.Value);
                verdicts.Add(string.Create(
                    CultureInfo.InvariantCulture, $"−{100 * (1 - macs):F0} %: {kl["sequential"] / least:F2} × the KL of the best other method ({best}); {Verdict.AtMost(kl["sequential"] / least, Asked, "F2")}."));
            }
            int samples = plan.Trials.Run(new Trial(subject, plan.Seeds[0], $"{QualityPlan.Budget(cuts[^1])}\n{QualityPlan.Method("sequential")}")).Samples;
            plan.Output.WriteLine();
            plan.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"n = {samples} {(subject.IsLanguage ? "positions" : "samples")}. {string.Join(' ', verdicts)}"));
            plan.Output.WriteLine();
        }
    }
}
