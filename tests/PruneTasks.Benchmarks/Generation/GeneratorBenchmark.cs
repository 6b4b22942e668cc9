using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using PruneTasks.BuildTesting;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Benchmarks.Generation;

/// <summary>
/// What the generator costs in a compiler that has just started: its own time as the compiler reports it (csc /reportanalyzer). A project without a model
/// comes first: what it takes to load a generator and to compile the compiler's own code for it. The models are what is added to that. One process for
/// each measurement.
/// </summary>
internal static partial class GeneratorBenchmark
{
    /// <summary>The command <c>generator</c>.</summary>
    public static Command Create(TextWriter output)
    {
        Option<int> rounds = new("--rounds") { Description = "Processes for each project.", DefaultValueFactory = _ => 9 };
        Command command = new("generator", "Measures the source generator in compilers that have just started; exit code 1 if a promised time is missed.") { rounds };
        command.SetAction((parsed, _) => Run(parsed.GetValue(rounds), output));
        return command;
    }

    private static async Task<int> Run(int rounds, TextWriter output)
    {
        string csc = Directory.GetFiles(Path.Combine(DotNetRoot(), "sdk"), "csc.dll", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == "bincore").Order(StringComparer.Ordinal).Last();
        output.WriteLine($"csc of the SDK in {Path.GetFileName(Path.GetFullPath(Path.Combine(csc, "..", "..", "..")))}, {rounds} processes each, {Environment.ProcessorCount} cores\n");
        MarkdownTable table = new(output, "project", "generator, median ms", "least", "most", "added by the models", "promised below", "whole compiler, median ms");
        double without = 0;
        bool kept = true;
        foreach ((string name, ManifestText[] models, int limit) in Cases())
        {
            using TemporaryFolder folder = new("generator");
            string response = Write(folder, models);
            List<double> own = [], whole = [];
            for (int i = 0; i < rounds; i++)
            {
                Stopwatch watch = Stopwatch.StartNew();
                DotNetRun run = (await DotNet.Run(folder.Path, ["exec", csc, "/noconfig", "@" + response])).Succeeded();
                whole.Add(watch.Elapsed.TotalMilliseconds);
                Match time = Time().Match(run.Output);
                if (!time.Success)
                    throw new InvalidOperationException($"the compiler reports no time of the generator:\n{run.Output}");
                own.Add(1000 * double.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture));
            }
            if (models.Length == 0)
                without = Median(own);
            double added = Median(own) - without;
            table.Add(name, Text(Median(own)), Text(own.Min()), Text(own.Max()), models.Length == 0 ? "" : Text(added), limit == 0 ? "" : Text(limit), Text(Median(whole)));
            kept &= limit == 0 || added < limit;
        }
        return kept ? 0 : 1;
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
    private static string Write(TemporaryFolder folder, ManifestText[] models)
    {
        StringBuilder arguments = new("/target:library /nullable:enable /langversion:latest /nostdlib+ /out:App.dll /reportanalyzer\n");
        StringBuilder metadata = new("is_global = true\nbuild_property.RootNamespace = App\n");
        for (int i = 0; i < models.Length; i++)
        {
            string manifest = folder.Write($"m{i}.manifest.json", models[i].ToString());
            arguments.Append(CultureInfo.InvariantCulture, $"/additionalfile:\"{manifest}\"\n");
            metadata.Append(CultureInfo.InvariantCulture, $"[{manifest}]\nbuild_metadata.AdditionalFiles.PruneTasksModel = m{i}\n");
        }
        IEnumerable<string> references = Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "System*.dll").Where(file => !Path.GetFileName(file).Contains("Native", StringComparison.Ordinal))
            .Append(Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.OnnxRuntime.dll"))
            .Append(Repository.BuildOutput("src", "PruneTasks.Runtime", "net10.0", "PruneTasks.Runtime.dll"));
        foreach (string reference in references)
            arguments.Append(CultureInfo.InvariantCulture, $"/reference:\"{reference}\"\n");
        arguments.Append(CultureInfo.InvariantCulture, $"/analyzer:\"{Repository.BuildOutput("src", "PruneTasks.Generator", "netstandard2.0", "PruneTasks.Generator.dll")}\"\n");
        arguments.Append(CultureInfo.InvariantCulture, $"/analyzerconfig:\"{folder.Write("app.globalconfig", metadata.ToString())}\"\n");
        arguments.Append(CultureInfo.InvariantCulture, $"\"{folder.Write("Program.cs", "namespace App { internal static class Program { } }")}\"\n");
        return folder.Write("app.rsp", arguments.ToString());
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
