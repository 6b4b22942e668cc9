using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using PruneTasks.BuildTesting;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Damaged models and specs through what the worker does with them; the counts are docs/benchmarks/fuzz.md.</summary>
internal static class FuzzBenchmark
{
    /// <summary>The commands <c>fuzz</c>, and <c>fuzz-batch</c> that it starts.</summary>
    public static IEnumerable<Command> Commands()
    {
        Option<int> onnx = new("--onnx") { Description = "Mutated ONNX files.", DefaultValueFactory = _ => 20_000 };
        Option<int> specs = new("--specs") { Description = "Mutated specs.", DefaultValueFactory = _ => 5_000 };
        Option<int> seed = new("--seed") { Description = "Another number, other mutants.", DefaultValueFactory = _ => 1 };
        Option<string?> folder = new("--folder") { Description = "Folder with more seed models (*.onnx up to 256 KiB)." };
        Option<int> first = new("--first") { Description = "Number of the first mutant." };
        Option<string?> page = new("--page") { Description = "Also writes the counts to this Markdown file.", DefaultValueFactory = _ => null };
        Option<string?> keep = new("--keep") { Description = "Writes what failed to this folder." };
        Command fuzz = new("fuzz", "Tries mutated models and specs; exit code 1 if one crashes, hangs, or takes too much memory.") { onnx, specs, seed, folder, first, page, keep };
        fuzz.SetAction(parsed => Run(
            parsed.GetValue(onnx), parsed.GetValue(specs), parsed.GetValue(seed), parsed.GetValue(folder), parsed.GetValue(first), parsed.GetValue(page), parsed.GetValue(keep), Console.Out));

        Option<string> kind = new("--kind") { Required = true }, work = new("--work") { Required = true };
        Option<int> from = new("--from"), to = new("--to");
        Option<long> most = new("--most");
        Command batch = new("fuzz-batch", "The process that 'fuzz' starts.") { kind, work, from, to, most, seed, folder };
        batch.Hidden = true;
        batch.SetAction(parsed => FuzzBatch.Run(
            parsed.GetValue(kind)!, parsed.GetValue(seed), parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(folder), parsed.GetValue(work)!, parsed.GetValue(most)));
        return [fuzz, batch];
    }

    private static int Run(int onnx, int specs, int seed, string? folder, int first, string? page, string? keep, TextWriter output)
    {
        using var text = new StringWriter();
        long start = Stopwatch.GetTimestamp();
        FuzzCounts models = new FuzzRun("onnx", seed, folder).Run(onnx, first);
        double modelSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        FuzzCounts yaml = new FuzzRun("spec", seed, null).Run(specs, first);
        var table = new MarkdownTable(text, string.Create(CultureInfo.InvariantCulture, $"seed {seed}"), "files", "read", "refused with an id", "crashed", "hung", "over memory", "left behind", "slowest", "peak memory", "seconds");
        Row(table, "ONNX", models, modelSeconds);
        Row(table, "specs", yaml, Stopwatch.GetElapsedTime(start).TotalSeconds - modelSeconds);
        text.WriteLine();
        table = new MarkdownTable(text, "refused by", "ONNX", "specs");
        foreach (string id in models.Refused.Keys.Concat(yaml.Refused.Keys).SelectMany(ids => ids.Split('+')).Distinct().Order(StringComparer.Ordinal))
            table.Add(id, Number(With(models, id)), Number(With(yaml, id)));
        text.WriteLine();
        foreach ((string name, FuzzCounts counts) in new[] { ("onnx", models), ("spec", yaml) })
        {
            foreach ((int number, string what) in counts.Crashed) text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"crashed: {name} {number}: {what}"));
            foreach (int number in counts.Hung) text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"hung: {name} {number}"));
            foreach ((int number, string what) in counts.OverMemory) text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"over memory: {name} {number}: {what}"));
            foreach (string left in counts.LeftBehind.Distinct()) text.WriteLine($"left behind: {left}");
            if (keep is not null) FuzzBatch.Write(name, seed, counts.Crashed.Select(c => c.Number).Concat(counts.Hung).Concat(counts.OverMemory.Select(c => c.Number)), name == "onnx" ? folder : null, keep);
        }
        output.Write(text);
        output.WriteLine($"onnx: {models}");
        output.WriteLine($"specs: {yaml}");
        if (page is not null) WritePage(Path.Combine(Repository.Root, page), text.ToString(), folder is not null);
        return models.IsClean && yaml.IsClean ? 0 : 1;

        static int With(FuzzCounts counts, string id) => counts.Refused.Where(row => row.Key.Split('+').Contains(id)).Sum(row => row.Value);

        static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static void Row(MarkdownTable table, string name, FuzzCounts counts, double seconds) => table.Add(
        name, Text($"{counts.Files}"), Text($"{counts.Read}"), Text($"{counts.Refused.Values.Sum()}"), Text($"{counts.Crashed.Count}"), Text($"{counts.Hung.Count}"), Text($"{counts.OverMemory.Count}"),
        Text($"{counts.LeftBehind.Count}"), Text($"{counts.Slowest.Seconds:F1} s"), Text($"{counts.PeakBytes >> 20} MiB"), Text($"{seconds:F0}"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void WritePage(string path, string tables, bool more) => File.WriteAllText(
        path,
        $"""
        # Damaged files

        `dotnet run -c Release --project tests/PruneTasks.Benchmarks -- fuzz --page docs/benchmarks/fuzz.md{(more ? " --folder <models>" : "")}` writes this page.

        Each file is a small valid one{(more ? ", made by the program or taken from the folder," : ", made by the program,")} with one to five changes; the same number gives the same file. Models: names, sizes, attributes, whole
        messages, their order, their nesting, lengths that lie, and plain bytes. They go through what the worker does: the build's quick look,
        reading, `inspect`, constant folding (in ONNX Runtime) and the other exact rewrites, finding units, removing half of them, writing, reading
        again; every fourth also runs in torch. Specs: values, keys, places, tags, aliases, encodings; every diagnostic has to name a place in the file.

        All of it runs in another process, so that nothing escapes being counted: *crashed* is anything that is not a diagnostic with an id,
        a dead process too; *hung* is over {FuzzRun.MostSeconds} s; *over memory* is over {FuzzRun.MostAllocated >> 30} GiB allocated or {FuzzRun.MostResident >> 30} GiB resident for one file;
        *left behind* is what the temporary folder holds afterwards. Several ids may refuse one file.

        {tables.TrimEnd()}

        """.ReplaceLineEndings("\n"));
}
