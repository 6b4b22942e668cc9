using System.Globalization;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>The parts of the idea, each on and off, by keys of the spec.</summary>
internal static class PartsSection
{
    /// <summary>Writes the section.</summary>
    public static void Write(QualityPlan plan)
    {
        Subject cifar = plan.Subjects.Cifar;
        double[] cuts = plan.Quick ? [0.5] : [0.5, 0.35, 0.2];
        // One seed: what is asked is whether a part pays, and the scatter over seeds stands in the first table.
        int seed = plan.Seeds[0];
        var table = new MarkdownTable(plan.Output, ["KL (points below dense, seconds of the worker)", .. cuts.Select(c => $"−{100 * (1 - c):F0} %")]);
        Row("at once (default)", "");
        Row("4 steps, no buffer", "buffer: { steps: 4, capacity: 0 }");
        Row("4 steps, buffer 25 %", "buffer: { steps: 4, capacity: 0.25 }");
        Row("100 steps of distillation", "distill: { steps: 100 }");
        Row("4 steps, buffer, 100 steps of distillation", "buffer: { steps: 4, capacity: 0.25 }\ndistill: { steps: 100 }");
        Row("no views", "views: 0");
        Row("uniform allocation", "allocation: uniform");
        if (!plan.Quick)
        {
            foreach (string prices in (string[])["level", "tails", "fisher", "probes"]) Row($"prices: {prices}", $"prices: {prices}");
            Row("whole layers may not go", "modules: false");
        }

        plan.Output.WriteLine();
        // Caps need both kinds of data to tell the classes apart.
        string both = $"personal: {{ path: \"{Subject.Slashes(cifar.Calibration)}/cat\", samples: 96 }}\n  common: {{ path: \"{Subject.Slashes(cifar.Calibration)}\", samples: 96 }}";
        table = new MarkdownTable(plan.Output, ["personal: cat; caps of the partition", .. cuts.Select(c => $"−{100 * (1 - c):F0} %")]);
        Row("none (default)", "partition: { probes: off }", both);
        Row("personal at most 50 %", "partition: { probes: on, personal: { max: 0.5 } }", both);
        Row("personal at most 50 %, common at most 90 %", "partition: { probes: on, personal: { max: 0.5 }, common: { max: 0.9 } }", both);

        void Row(string name, string more, string? data = null) => table.Add(
        [
            name,
            .. cuts.Select(macs =>
            {
                Figures f;
                try
                {
                    f = plan.Trials.Run(new Trial(cifar, seed, $"{QualityPlan.Budget(macs)}{(more.Length == 0 ? "" : "\n" + more)}", data));
                }
                catch (PruneDiagnosticException refused)
                {
                    return $"refused: {refused.Diagnostics[0].Message}";
                }
                return string.Create(CultureInfo.InvariantCulture, $"{f.Kl:F4} ({f.Drop:F2}, {f.Seconds:F0} s{(Math.Abs(f.Macs - macs) > 0.01 ? $", {100 * f.Macs:F0} % left" : "")})");
            }),
        ]);
    }
}
