using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Scale;

/// <summary>What a default run costs on vision transformers of growing size: seconds and memory of the whole worker, stage by stage.</summary>
internal static class ScaleBenchmark
{
    private static readonly VitShape[] Shapes =
    [
        new("0.8 M, 32 px", 32, 4, 128, 4, 8),
        new("DeiT-tiny shape, 5.7 M, 224 px", 224, 16, 192, 12, 3),
        new("DeiT-small shape, 22 M, 224 px", 224, 16, 384, 12, 6),
    ];

    /// <summary>Runs the shapes in turn.</summary>
    /// <param name="images">Folder of images, read recursively; any will do, for the weights are random.</param>
    /// <param name="samples">Images to calibrate on.</param>
    /// <param name="which">Shapes to run, 1 the smallest.</param>
    /// <param name="output">Takes the table.</param>
    public static async Task Run(string images, int samples, int[] which, TextWriter output)
    {
        using var folder = new TemporaryFolder("scale");
        List<string[]> rows = [];
        List<string> stages = [];
        foreach (VitShape shape in which.Select(number => Shapes[number - 1]))
        {
            string at = shape.Width.ToString(CultureInfo.InvariantCulture);
            string spec = folder.Write($"{at}/m.prune.yaml", $$"""
                version: 1
                task: image-classification
                image: { size: {{shape.Side}}, mean: 0.5, std: 0.5 }
                data: { personal: { path: '{{images}}', samples: {{samples}} } }
                prune: { budget: { macs: 0.5 } }
                """);
            await File.WriteAllBytesAsync(folder[at, "m.onnx"], GeneratedVit.Create(shape));
            WorkerRun run = (await WorkerProcess.Run("prune", "--spec", spec, "--output", folder[at, "out"])).Succeeded();
            var pruned = new PruneOutput(folder[at, "out"], "m");
            (string Name, double Seconds, long PeakBytes)[] times = [.. pruned.StageFacts];
            stages.AddRange(times.Select(t => t.Name).Except(stages));
            long dense = pruned.Count("dense", "macs");
            rows.Add(
            [
                shape.Name, Text($"{pruned.Count("dense", "parameters") / 1e6:F1} M"), Text($"{dense / 1e9:F2} G"), Text($"{run.Seconds:F0} s"), Text($"{run.Seconds / (dense / 1e9):F0} s"),
                Text($"{run.PeakBytes / 1048576.0:F0} MiB"), .. stages.Select(name => Array.Exists(times, t => t.Name == name)
                    ? Text($"{times.Where(t => t.Name == name).Sum(t => t.Seconds):F1} s, {times.Last(t => t.Name == name).PeakBytes / 1048576.0:F0} MiB") : ""),
            ]);
            await Console.Error.WriteLineAsync(string.Join(" | ", rows[^1]));
        }
        var table = new MarkdownTable(output, ["model", "parameters", "MACs", "worker", "per GMAC", "peak memory", .. stages]);
        foreach (string[] row in rows) table.Add([.. row, .. Enumerable.Repeat("", stages.Count + 6 - row.Length)]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
