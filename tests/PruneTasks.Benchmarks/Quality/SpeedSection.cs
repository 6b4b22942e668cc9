using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.BuildTesting;
using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>Real speed in ONNX Runtime, one thread, and where the time goes.</summary>
internal static class SpeedSection
{
    private const int ProfiledRuns = 100;

    /// <summary>Writes the section.</summary>
    public static void Write(QualityPlan plan)
    {
        Subject cifar = plan.Subjects.Cifar;
        var table = new MarkdownTable(plan.Output, "vit-cifar10-811k", "bound 1/(1−x)", "batch 1", "share of the bound", "batch 32", "share of the bound");
        List<(string Name, string Model)> models = [];
        foreach (double macs in plan.Quick ? (double[])[0.5] : [0.7, 0.5, 0.35])
        {
            Figures figures = plan.Trials.Run(new Trial(cifar, plan.Seeds[0], QualityPlan.Budget(macs)), out string model);
            string name = $"−{100 * (1 - macs):F0} %";
            models.Add((name, model));
            double bound = 1 / figures.Macs, one = LatencyPair.Ratio(cifar.Model, model, [1, 3, 32, 32], plan.Cancellation), many = LatencyPair.Ratio(cifar.Model, model, [32, 3, 32, 32], plan.Cancellation);
            table.Add(name, Text(bound), Text(one), Share(one / bound), Text(many), Share(many / bound));
        }

        plan.Output.WriteLine();
        using var folder = new TemporaryFolder("profile");
        foreach (int batch in (int[])[1, 32])
        {
            Dictionary<string, double> dense = Profile(cifar.Model, batch, folder);
            Dictionary<string, double>[] pruned = [.. models.Select(m => Profile(m.Model, batch, folder))];
            table = new MarkdownTable(plan.Output, [$"µs of a run by operator, batch {batch}", "dense", .. models.Select(m => m.Name)]);
            string[] names = [.. dense.Concat(pruned.SelectMany(p => p)).GroupBy(o => o.Key).OrderByDescending(g => g.Max(o => o.Value)).Select(g => g.Key)];
            foreach (string name in names.Take(12)) table.Add([name, Micro(dense.GetValueOrDefault(name)), .. pruned.Select(p => Micro(p.GetValueOrDefault(name)))]);
            table.Add(["others", Micro(names.Skip(12).Sum(dense.GetValueOrDefault)), .. pruned.Select(p => Micro(names.Skip(12).Sum(p.GetValueOrDefault)))]);
            table.Add(["all", Micro(dense.Values.Sum()), .. pruned.Select(p => Micro(p.Values.Sum()))]);
            plan.Output.WriteLine();
        }
    }

    /// <summary>Microseconds of each operator in one run, one thread, as ONNX Runtime's profiler has them.</summary>
    private static Dictionary<string, double> Profile(string model, int batch, TemporaryFolder folder)
    {
        // The prefix before the switch: the switch reads it.
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, ProfileOutputPathPrefix = folder["profile"], EnableProfiling = true };
        string file;
        using (var session = new InferenceSession(model, options))
        {
            var random = new Random(1);
            float[] values = [.. Enumerable.Range(0, batch * 3 * 32 * 32).Select(_ => (float)((random.NextDouble() * 4) - 2))];
            using OrtValue input = Worker.Evaluation.OrtSession.ToValue(TensorData.FromFloats(ElementType.Float32, [batch, 3, 32, 32], values));
            using var run = new RunOptions();
            for (int i = 0; i < ProfiledRuns; i++) session.Run(run, session.InputNames, [input], session.OutputNames).Dispose();
            file = session.EndProfiling();
        }
        using JsonDocument events = JsonDocument.Parse(File.ReadAllText(file));
        return events.RootElement.EnumerateArray()
            .Where(e => e.GetProperty("cat").GetString() == "Node" && e.GetProperty("name").GetString()!.EndsWith("_kernel_time", StringComparison.Ordinal))
            .GroupBy(e => (Operator: e.GetProperty("args").GetProperty("op_name").GetString()!, Node: e.GetProperty("name").GetString()!))
            // The median of each node: neither warm-up nor whatever else the machine does counts.
            .GroupBy(g => g.Key.Operator, g => g.Select(e => e.GetProperty("dur").GetDouble()).Order().ElementAt(g.Count() / 2))
            .ToDictionary(g => g.Key, g => g.Sum());
    }

    private static string Share(double share) => $"{Text(share)}; {Verdict.AtLeast(share, 0.9, "F2")}";

    private static string Text(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Micro(double value) => value.ToString("F0", CultureInfo.InvariantCulture);
}
