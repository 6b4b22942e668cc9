using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.Worker.Natives;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks;

/// <summary>
/// The figures of docs/benchmarks/figures.md: the worker in a process of its own on a trained vision transformer, 256 unlabelled training
/// images, measured on 2,000 test images.
/// </summary>
internal static class FiguresBenchmark
{
    private static readonly PromisedCut[] Cuts =
    [
        .. CifarCase.Promised,
        // Nothing is promised for these.
        new("FFN 30 %", new Cut(Ffn: 0.3), double.MaxValue, 0),
        new("FFN 70 %", new Cut(Ffn: 0.7), double.MaxValue, 0),
        new("Q-K 75 %", new Cut(Qk: 0.75), double.MaxValue, 0),
        new("V-O 25 %", new Cut(Vo: 0.25), double.MaxValue, 0),
        new("FFN 50 % + Q-K 50 % + V-O 50 %", new Cut(0.5, 0.5, 0.5), double.MaxValue, 0),
        new("budget, 70 % of the MACs", new Cut(Macs: 0.7), double.MaxValue, 0),
        new("budget, 50 %", new Cut(Macs: 0.5), double.MaxValue, 0),
        new("budget, 35 %", new Cut(Macs: 0.35), double.MaxValue, 0),
    ];

    /// <summary>Runs all cuts on the first seed; the promised ones on all others too.</summary>
    /// <returns>Exit code: 1 if a promised figure is missed, 2 if <c>../shared</c> is absent.</returns>
    public static async Task<int> Run(int[] seeds, TextWriter output, CancellationToken cancellation)
    {
        string shared = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared")), models = Path.Combine(shared, "models"), data = Path.Combine(shared, "data");
        string dense = Path.Combine(models, CifarCase.Model(17));
        if (!File.Exists(dense))
        {
            await Console.Error.WriteLineAsync("not run: ../shared is absent");
            return 2;
        }
        WorkerNatives.UseOnnxRuntime(null);
        using var folder = new TemporaryFolder("figures");
        List<(PromisedCut Cut, SetFigures Figures)> all = [];
        List<(string Cut, IEnumerable<(string, double)> Stages)> stages = [];
        var table = new MarkdownTable(
            output, "cut", "promised", "KL", "agreement", "top-1", "file", "MACs", "bound 1/(1−x)", "faster, batch 1", "batch 32", "worker", "peak memory");
        foreach (PromisedCut cut in Cuts)
        {
            (WorkerRun run, PruneOutput pruned) = await Prune(cut, seeds[0]);
            SetFigures test = pruned.On("test");
            all.Add((cut, test));
            stages.Add((cut.Name, pruned.Stages));
            double bound = (double)pruned.Count("dense", "macs") / pruned.Count("pruned", "macs");
            table.Add(
                cut.Name, cut.LeastAgreement > 0 ? Text($"KL ≤ {cut.MostKl}, ≥ {cut.LeastAgreement:P1}") : "", Text($"{test.Kl:F4}"), Text($"{test.Agreement:P2}"),
                Text($"{test.PrunedTop1:P2} (dense {test.DenseTop1:P2})"), Change("bytes"), Change("macs"), Text($"{bound:F2}"),
                Text($"{LatencyPair.Ratio(dense, pruned.Model, [1, 3, 32, 32], cancellation):F2}"),
                Text($"{LatencyPair.Ratio(dense, pruned.Model, [32, 3, 32, 32], cancellation):F2}"),
                Text($"{run.Seconds:F1} s"), Text($"{run.PeakBytes / 1048576.0:F0} MiB"));

            string Change(string what) => Text($"{((double)pruned.Count("pruned", what) / pruned.Count("dense", what)) - 1:P1}");
        }

        output.WriteLine();
        // Only a budget has prices to measure, so the rows differ in their stages.
        string[] names = [.. stages.MaxBy(row => row.Stages.Count()).Stages.Select(stage => stage.Item1)];
        table = new MarkdownTable(output, (string[])["seconds", .. names]);
        foreach ((string cut, IEnumerable<(string Name, double Seconds)> times) in stages)
        {
            Dictionary<string, double> seconds = times.ToDictionary(time => time.Name, time => time.Seconds);
            table.Add((string[])[cut, .. names.Select(name => seconds.TryGetValue(name, out double taken) ? Text($"{taken:F1}") : "")]);
        }

        if (seeds.Length > 1)
        {
            foreach (int seed in seeds.Skip(1))
                foreach (PromisedCut cut in CifarCase.Promised) all.Add((cut, (await Prune(cut, seed)).Output.On("test")));
            output.WriteLine();
            table = new MarkdownTable(output, $"seeds {string.Join(", ", seeds)}", "KL, least", "mean", "most", "agreement, least", "mean", "most");
            foreach (IGrouping<string, SetFigures> group in all.GroupBy(one => one.Cut.Name, one => one.Figures).Where(group => group.Count() > 1))
            {
                table.Add(
                    group.Key, Text($"{group.Min(f => f.Kl):F4}"), Text($"{group.Average(f => f.Kl):F4}"), Text($"{group.Max(f => f.Kl):F4}"),
                    Text($"{group.Min(f => f.Agreement):P2}"), Text($"{group.Average(f => f.Agreement):P2}"), Text($"{group.Max(f => f.Agreement):P2}"));
            }
        }
        string[] missed = [.. all.Where(one => one.Figures.Kl > one.Cut.MostKl || one.Figures.Agreement < one.Cut.LeastAgreement).Select(one => one.Cut.Name)];
        output.WriteLine();
        output.WriteLine(missed.Length == 0 ? "All promised figures are met." : $"Missed: {string.Join(", ", missed)}.");
        return missed.Length == 0 ? 0 : 1;

        async Task<(WorkerRun Run, PruneOutput Output)> Prune(PromisedCut cut, int seed)
        {
            string at = $"{Array.IndexOf(Cuts, cut)}-{seed}";
            string spec = folder.Write($"{at}/m.prune.yaml", CifarCase.Spec(models, data, cut.Cut, seed));
            WorkerRun run = (await WorkerProcess.Run("prune", "--spec", spec, "--output", folder[at, "out"])).Succeeded();
            return (run, new PruneOutput(folder[at, "out"], "m"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
