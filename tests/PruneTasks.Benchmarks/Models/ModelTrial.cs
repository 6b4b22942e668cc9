using System.Globalization;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Benchmarks.Models.Real;
using PruneTasks.Benchmarks.Quality;
using PruneTasks.BuildTesting;
using PruneTasks.Onnx;
using PruneTasks.Worker.Data;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Models;

/// <summary>How files are tried.</summary>
/// <param name="Cut">Share of the MACs to remove.</param>
/// <param name="Limit">Time for one run of the worker.</param>
/// <param name="Twice">Whether each file is pruned twice and the bytes compared.</param>
/// <param name="Data">Real data for some files; null for none.</param>
internal sealed record TrialSettings(double Cut, TimeSpan Limit, bool Twice, DataMap? Data);

/// <summary>Prunes one file in a worker process of its own.</summary>
internal static class ModelTrial
{
    private const string SpecFile = "m.prune.yaml";

    /// <summary>Runs it. Whatever happens becomes a row.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="name">What the row calls it.</param>
    /// <param name="settings">How.</param>
    public static async Task<ModelRow> Run(string path, string name, TrialSettings settings)
    {
        using var folder = new TemporaryFolder("model");
        ModelRow row = new(name, Fate.Failed, "");
        try
        {
            (string head, string? why, row) = Prepare(path, row, settings, folder);
            string spec = folder.Write(SpecFile, Spec(path, head, settings));
            WorkerRun run = await WorkerProcess.Run(settings.Limit, "prune", "--spec", spec, "--output", folder["out"]);
            row = row with { Seconds = run.Seconds.ToString("F0", CultureInfo.InvariantCulture) };
            if (run.ExitCode != 0) return row.Refuse(run, why);
            row = row.With(new PruneOutput(folder["out"], "m"));
            if (!settings.Twice) return row;
            WorkerRun again = await WorkerProcess.Run(settings.Limit, "prune", "--spec", spec, "--output", folder["again"]);
            return row with { Same = again.ExitCode == 0 && Hash(folder["out", "m.pruned.onnx"]) == Hash(folder["again", "m.pruned.onnx"]) ? "yes" : "**no**" };
        }
        catch (TimeoutException)
        {
            return row with { Fate = Fate.Failed, Remark = $"not done after {settings.Limit.TotalSeconds:F0} s" };
        }
        catch (Exception problem)
        {
            // One file must not stop the others, whatever it is.
            return row with { Fate = Fate.Failed, Remark = $"{problem.GetType().Name}: {problem.Message}" };
        }
    }

    /// <summary>The lines of the spec that say what the model is for and where the data is. A file without inputs still goes to the worker: it says why.</summary>
    private static (string Head, string? Why, ModelRow Row) Prepare(string path, ModelRow row, TrialSettings settings, TemporaryFolder folder)
    {
        OnnxModel? model = null;
        try
        {
            model = OnnxReader.Load(path);
            row = row with { Origin = Origin(model) };
            if (settings.Data?.Find(row.File, path, model, folder.Path) is { } real) return (real.Lines, null, row with { Data = real.Words });
            TrialInputs inputs = TrialInputs.For(path, model);
            SampleFile.Write(folder["inputs"], ModelInput.Of(model), inputs.Samples);
            int random = inputs.Samples.Count - inputs.Recorded;
            string words = string.Join(" + ", new[] { (inputs.Recorded, "recorded"), (random, "random") }.Where(p => p.Item1 > 0).Select(p => $"{p.Item1} {p.Item2}"));
            string roles = string.Join(", ", inputs.Guesses.Select(g => g.Role.ToString().ToLowerInvariant()));
            return ($"{TaskGuess.Lines(model, inputs.Guesses, inputs.Samples[0])}\ndata:\n  personal: {{ path: inputs }}", null, row with { Data = $"{words} ({roles})" });
        }
        catch (Exception problem) when (problem is OnnxFormatException or InputException or OnnxRuntimeException or InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            SampleFile.Write(folder["inputs"], [new ModelInput("none", ElementType.Float32, null)], [new Sample("none", [TensorData.Of([1], 0f)], null)]);
            return ("task: generic\ndata:\n  personal: { path: inputs }", (problem as InputException)?.Message, row);
        }
    }

    private static string Spec(string path, string head, TrialSettings settings) => string.Create(CultureInfo.InvariantCulture, $$"""
        version: 1
        model: "{{Subject.Slashes(Path.GetFullPath(path))}}"
        {{head}}
        prune:
          seed: 42
          budget: { macs: {{1 - settings.Cut:0.####}} }
        """);

    private static string Origin(OnnxModel model) => string.Join(
        ", ", new[] { string.Join(" ", model.Opsets.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key} {o.Value}".Trim())), model.ProducerName }.Where(t => t.Length > 0));

    private static string Hash(string file) => File.Exists(file) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))) : file;
}
