using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using PruneTasks.Onnx;
using PruneTasks.Spec.Contracts;
using PruneTasks.Testing.Tokens;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Natives;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Large;

/// <summary>A model of more than 2 GB, made in a temporary folder, through the real command line: memory, time, files; what comes out is run beside the dense model.</summary>
internal static class LargeBenchmark
{
    // A large table and few blocks, twice: pruned, the first is still more than one file can hold. Then the measures of XLM-RoBERTa large (arXiv 1911.02116), and half as many blocks again.
    private static readonly (EncoderShape Shape, double Macs)[] Cases =
    [
        (new("480,000 words, 8 blocks", 480000, 1024, 8, 16), 0.6),
        (new("430,000 words, 8 blocks", 430000, 1024, 8, 16), 0.6),
        (new("XLM-R-large", 250002, 1024, 24, 16), 0.6),
        (new("XLM-R-large, 36 blocks", 250002, 1024, 36, 16), 0.8),
    ];

    // Below that a test has no right to the name.
    private const long Two = 1L << 31;

    /// <summary>The command.</summary>
    public static Command Create(TextWriter output)
    {
        Option<int[]> which = new("--cases") { Description = "Which models, from 1; 3 and 4 have three and four times the blocks.", DefaultValueFactory = _ => [1, 2], AllowMultipleArgumentsPerToken = true };
        Option<int> samples = new("--samples") { Description = "Sentences to calibrate on.", DefaultValueFactory = _ => 64 };
        Option<int> tokens = new("--tokens") { Description = "Tokens of a sentence.", DefaultValueFactory = _ => 16 };
        Option<string?> temporary = new("--folder") { Description = "Where to put the models; by default the folder for temporary files. About three times the model's size is needed." };
        Command command = new("large", "Prunes generated text encoders of more than 2 GB through the command line; exit code 1 if what comes out is not right.") { which, samples, tokens, temporary };
        command.SetAction((parsed, _) => Run(parsed.GetValue(which)!, parsed.GetValue(samples), parsed.GetValue(tokens), parsed.GetValue(temporary), output));
        return command;
    }

    private static async Task<int> Run(int[] which, int samples, int tokens, string? temporary, TextWriter output)
    {
        List<string[]> rows = [];
        List<string> stages = [];
        bool right = true;
        foreach ((EncoderShape shape, double macs) in which.Select(number => Cases[number - 1]))
        {
            string folder = Path.Combine(temporary ?? Path.GetTempPath(), $"prunetasks-large-{Environment.ProcessId}");
            Directory.CreateDirectory(folder);
            try
            {
                (string[] row, string[] times, bool good) = await Case(shape, macs, samples, tokens, folder);
                rows.Add(row);
                stages.AddRange(times);
                right &= good;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        var table = new MarkdownTable(
            output, ["model", "parameters", "dense on disk", "pruned on disk", "files", "MACs", "worker", "peak memory", "of it not mapped", "masked = removed within", "run beside the dense model"]);
        foreach (string[] row in rows) table.Add(row);
        await output.WriteLineAsync("\nStages: seconds, and the largest resident memory so far.\n");
        foreach (string line in stages) await output.WriteLineAsync($"- {line}");
        return right ? 0 : 1;
    }

    private static async Task<(string[] Row, string[] Stages, bool Right)> Case(EncoderShape shape, double macs, int samples, int tokens, string folder)
    {
        await Console.Error.WriteLineAsync($"writing {shape.Name}");
        string model = Path.Combine(folder, "m.onnx"), spec = Path.Combine(folder, "m.prune.yaml"), into = Path.Combine(folder, "out");
        GeneratedEncoder.Write(shape, model);
        long dense = Length(model);
        Random random = new(7);
        long[] ids = [.. Enumerable.Range(0, samples * tokens).Select(_ => (long)random.Next(shape.Vocabulary))];
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        NpzWriter.Write(Path.Combine(folder, "data", "sentences.npz"), new NpzArray("input_ids", [samples, tokens], ids));
        await File.WriteAllTextAsync(spec, string.Create(CultureInfo.InvariantCulture, $$"""
            version: 1
            model: m.onnx
            task: text-classification
            data: { personal: { path: data, samples: {{samples}} } }
            prune: { budget: { macs: {{macs}} }, time: 1 }
            """));
        await Console.Error.WriteLineAsync("pruning");
        WorkerRun run = (await WorkerProcess.Run(TimeSpan.FromHours(2), "prune", "--spec", spec, "--output", into)).Succeeded();
        var pruned = new PruneOutput(into, "m");
        PruneResult result = PruneResult.Parse(await File.ReadAllTextAsync(Path.Combine(into, "result.json")));
        await Console.Error.WriteLineAsync("running both");
        double difference = Difference(model, pruned.Model, tokens, ids);
        bool whole = Hash(pruned.Model) == result.ModelSha256 && (result.Files!.Data is not { } data || Hash(data) == result.DataSha256);
        string[] beside = [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Except(["m.onnx", "m.onnx.data", "m.prune.yaml", "data", "out"])];
        bool right = dense > Two && whole && beside.Length == 0 && double.IsFinite(difference);
        return (
            [
                shape.Name, Text($"{pruned.Count("dense", "parameters") / 1e6:F0} M"), Text($"{dense / 1e9:F2} GB"), Text($"{Length(pruned.Model) / 1e9:F2} GB"),
                result.Files!.Data is null ? "one" : "two", Text($"{(100.0 * pruned.Count("pruned", "macs") / pruned.Count("dense", "macs")) - 100:F0} %"),
                Text($"{run.Seconds:F0} s"), Text($"{run.PeakBytes / 1e9:F2} GB"), Text($"{run.PeakPrivateBytes / 1e9:F2} GB"),
                Text($"{pruned.MaskedDifference:g2}"), right ? Text($"yes, largest difference {difference:g3}") : $"WRONG: {(whole ? string.Join(", ", beside) : "another SHA-256 than result.json says")}",
            ],
            [.. pruned.StageFacts.Select(stage => Text($"{shape.Name}, {stage.Name}: {stage.Seconds:F0} s, {stage.PeakBytes / 1e9:F2} GB"))],
            right);
    }

    // Both in ONNX Runtime, straight from their files: that they load, and give numbers of the same shape.
    private static double Difference(string dense, string pruned, int tokens, long[] ids)
    {
        WorkerNatives.UseOnnxRuntime(null, _ => { });
        TensorData input = TensorData.Of([1, tokens], ids[..tokens]);
        float[] a = Answer(dense), b = Answer(pruned);
        return a.Length == b.Length ? a.Zip(b, (x, y) => Math.Abs(x - y)).Max() : double.NaN;

        float[] Answer(string path)
        {
            using OrtSession session = OrtSession.LoadMapped(path, path, 0);
            return session.Run([input])[0]!.ToFloats();
        }
    }

    private static long Length(string model) => new FileInfo(model).Length + (File.Exists(model + ".data") ? new FileInfo(model + ".data").Length : 0);

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
