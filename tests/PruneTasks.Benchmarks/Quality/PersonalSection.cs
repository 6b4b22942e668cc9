using System.Globalization;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>Three of ten classes: some images of these, some of all, and what is asked among the three only.</summary>
internal static class PersonalSection
{
    private const int Images = 96;
    private const double Macs = 0.39;

    private static readonly int[][] s_subsets =
    [
        [1, 3, 8], [0, 5, 7], [2, 4, 9],
        // Chosen before anything was measured.
        [0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 9], [1, 5, 6], [2, 7, 9], [4, 6, 8],
    ];

    /// <summary>Writes the section.</summary>
    public static void Write(QualityPlan plan, string work)
    {
        Subject cifar = plan.Subjects.Cifar;
        string[] methods = ["ours", "corp", "corp, personal images only", "corp, personal images only, values left alone"];
        var table = new MarkdownTable(plan.Output, ["three classes", "dense, restricted", .. methods]);
        List<double> dense = [];
        Dictionary<string, List<(double Drop, double Kl)>> all = methods.ToDictionary(m => m, _ => new List<(double, double)>());
        foreach (int[] classes in plan.Quick ? s_subsets[..2] : s_subsets)
        {
            string personal = $"personal: {{ path: \"{Subject.Slashes(Folder(cifar, classes, work))}\", samples: {Images} }}";
            string both = $"{personal}\n  common: {{ path: \"{Subject.Slashes(cifar.Calibration)}\", samples: {Images} }}";
            string names = string.Join(", ", classes.Select(c => Subjects.CifarClasses[c]));
            List<string> cells = [];
            foreach (string method in methods)
            {
                string prune = method switch
                {
                    "ours" => QualityPlan.Budget(Macs),
                    "corp, personal images only, values left alone" => "ratios: { ffn: 0.75, qk: 0.8125, vo: 0 }\nmethod: corp",
                    _ => $"{QualityPlan.Budget(Macs)}\nmethod: corp",
                };
                // The partition is a report here, no lever: without caps it decides nothing.
                Figures figures = plan.Trials.Run(new Trial(cifar, plan.Seeds[0], prune + "\npartition: { probes: off }", method.Contains("only", StringComparison.Ordinal) ? personal : both, Classes: classes));
                if (cells.Count == 0)
                {
                    dense.Add(figures.DenseTop1);
                    cells.Add(QualityPlan.Percent(figures.DenseTop1, 2) + $" (n = {figures.Samples})");
                }
                all[method].Add((figures.Drop, figures.Kl));
                cells.Add(string.Create(CultureInfo.InvariantCulture, $"{100 * figures.Top1:F2} %, KL {figures.Kl:F3}"));
            }
            table.Add([names, .. cells]);
        }
        table.Add(["mean, points below dense ± sd over the subsets", QualityPlan.Percent(dense.Average(), 2), .. methods.Select(m => Spread.Of(all[m].Select(f => f.Drop)).Text(2))]);
        double ours = all["ours"].Average(f => f.Drop), corp = methods.Where(m => m.StartsWith("corp", StringComparison.Ordinal)).Min(m => all[m].Average(f => f.Drop));
        plan.Output.WriteLine();
        plan.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Points below dense, restricted: {ours:F2}, {Verdict.AtMost(ours, 0.3, "F2")}. Ahead of the best row of CORP by {corp - ours:F2}, {Verdict.AtLeast(corp - ours, 2.5, "F2")}."));
    }

    /// <summary>A folder with the images of these classes only.</summary>
    private static string Folder(Subject cifar, int[] classes, string work)
    {
        string folder = Path.Combine(work, "classes-" + string.Join('-', classes));
        if (Directory.Exists(folder)) return folder;
        string part = folder + ".part";
        foreach (int c in classes)
        {
            string from = Path.Combine(cifar.Calibration, Subjects.CifarClasses[c]), to = Path.Combine(part, Subjects.CifarClasses[c]);
            Directory.CreateDirectory(to);
            foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
        Directory.Move(part, folder);
        return folder;
    }
}
