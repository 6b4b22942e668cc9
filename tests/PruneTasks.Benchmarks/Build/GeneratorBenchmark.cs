using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using PruneTasks.BuildTesting;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Benchmarks.Build;

/// <summary>
/// What the generator costs in a compiler that has just started: its own time as the compiler reports it (csc /reportanalyzer). A project without a model
/// comes first: what it takes to load a generator and to compile the compiler's own code for it. The models are what is added to that. One process for
/// each measurement.
/// </summary>
internal static partial class GeneratorBenchmark
{
    /// <summary>Measures with <paramref name="rounds"/> processes for each project, in turn: a busy moment of the machine then meets all of them.</summary>
    /// <returns>Exit code: 1 if a promised time is missed.</returns>
    public static async Task<int> Run(int rounds, TextWriter output)
    {
        string csc = Directory.GetFiles(Path.Combine(DotNetRoot(), "sdk"), "csc.dll", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == "bincore").Order(StringComparer.Ordinal).Last();
        using TemporaryFolder root = new("generator");
        Case[] cases = [.. Cases().Select((given, i) => new Case(given.Name, given.Models.Length, given.Limit, Directory.CreateDirectory(root[$"{i}"]).FullName))];
        foreach (((_, ManifestText[] models, _), Case at) in Cases().Zip(cases))
            Write(at.Folder, models);
        for (int i = 0; i < rounds; i++)
        {
            foreach (Case at in cases)
            {
                Stopwatch watch = Stopwatch.StartNew();
                DotNetRun run = (await DotNet.Run(at.Folder, ["exec", csc, "/noconfig", "@app.rsp"])).Succeeded();
                at.Whole.Add(watch.Elapsed.TotalMilliseconds);
                Match time = Time().Match(run.Output);
                if (!time.Success)
                    throw new InvalidOperationException($"the compiler reports no time of the generator:\n{run.Output}");
                at.Own.Add(1000 * double.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }
        MarkdownTable table = new(output, $"project, {rounds} processes each", "generator, median ms", "least", "most", "added by the models", "least added", "promised below", "whole compiler, median ms");
        bool kept = true;
        foreach (Case at in cases)
        {
            double added = Median(at.Own) - Median(cases[0].Own);
            table.Add(
                at.Name, Text(Median(at.Own)), Text(at.Own.Min()), Text(at.Own.Max()), at.Models == 0 ? "" : Text(added), at.Models == 0 ? "" : Text(at.Own.Min() - cases[0].Own.Min()),
                at.Limit == 0 ? "" : Text(at.Limit), Text(Median(at.Whole)));
            kept &= at.Limit == 0 || added < at.Limit;
        }
        return kept ? 0 : 1;
    }

    /// <summary>A project and the milliseconds measured: the generator's, and the compiler's as a whole.</summary>
    private sealed record Case(string Name, int Models, int Limit, string Folder)
    {
        public List<double> Own { get; } = [];

        public List<double> Whole { get; } = [];
    }

    private static IEnumerable<(string Name, ManifestText[] Models, int Limit)> Cases()
    {
        yield return ("no model", [], 0);
        yield return ("one model, 10 labels", [ManifestText.Vit()], 0);
        yield return ("one model, 1,000 labels", [WithLabels("Vit", "vit", 1000)], 50);
        yield return ("50 models, 10 labels each", [.. Enumerable.Range(0, 50).Select(i => WithLabels($"Vit{i}", $"vit{i}", 10))], 200);
    }

    private static ManifestText WithLabels(string className, string name, int count) => new ManifestText(className, name)
        .Input("input", "float32", "batch", 3, 224, 224).Output("logits", "float32", "batch", count)
        .Labels([.. Enumerable.Range(0, count).Select(i => $"class number {i % (count - 2)}, with a second name")]).Image(224, 224);

    /// <summary>Writes the manifests and the compiler's arguments.</summary>
    private static void Write(string folder, ManifestText[] models)
    {
        StringBuilder arguments = new("/target:library /nullable:enable /langversion:latest /nostdlib+ /out:App.dll /reportanalyzer\n");
        StringBuilder metadata = new("is_global = true\nbuild_property.RootNamespace = App\n");
        for (int i = 0; i < models.Length; i++)
        {
            string manifest = Put(folder, $"m{i}.manifest.json", models[i].ToString());
            arguments.Append(CultureInfo.InvariantCulture, $"/additionalfile:\"{manifest}\"\n");
            metadata.Append(CultureInfo.InvariantCulture, $"[{manifest}]\nbuild_metadata.AdditionalFiles.PruneTasksModel = m{i}\n");
        }
        IEnumerable<string> references = Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "System*.dll").Where(file => !Path.GetFileName(file).Contains("Native", StringComparison.Ordinal))
            .Append(Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.OnnxRuntime.dll"))
            .Append(Repository.BuildOutput("src", "PruneTasks.Runtime", "net10.0", "PruneTasks.Runtime.dll"));
        foreach (string reference in references)
            arguments.Append(CultureInfo.InvariantCulture, $"/reference:\"{reference}\"\n");
        arguments.Append(CultureInfo.InvariantCulture, $"/analyzer:\"{Repository.BuildOutput("src", "PruneTasks.Generator", "netstandard2.0", "PruneTasks.Generator.dll")}\"\n");
        arguments.Append(CultureInfo.InvariantCulture, $"/analyzerconfig:\"{Put(folder, "app.globalconfig", metadata.ToString())}\"\n");
        arguments.Append(CultureInfo.InvariantCulture, $"\"{Put(folder, "Program.cs", "namespace App { internal static class Program { } }")}\"\n");
        Put(folder, "app.rsp", arguments.ToString());
    }

    private static string Put(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Text(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static string DotNetRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    [GeneratedRegex(@"<?(\d+\.\d+)\s+<?\d+\s+PruneTasks\.Generator\.ModelGenerator")]
    private static partial Regex Time();
}
