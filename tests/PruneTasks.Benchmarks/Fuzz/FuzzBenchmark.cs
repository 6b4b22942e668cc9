using System.CommandLine;
using PruneTasks.BuildTesting;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Damaged models and specs through what the worker does with them; the counts are docs/benchmarks/fuzz.md.</summary>
internal static class FuzzBenchmark
{
    /// <summary>The commands <c>fuzz</c>, and <c>fuzz-batch</c> that it starts.</summary>
    public static IEnumerable<Command> Commands()
    {
        Option<int> onnx = new("--onnx") { Description = "Mutated ONNX files, up to the removal of units.", DefaultValueFactory = _ => 20_000 };
        Option<int> specs = new("--specs") { Description = "Mutated specs.", DefaultValueFactory = _ => 5_000 };
        Option<int> whole = new("--whole") { Description = "Mutated ONNX files through the whole run of a build.", DefaultValueFactory = _ => 1_000 };
        Option<int> seed = new("--seed") { Description = "Another number, other mutants.", DefaultValueFactory = _ => 1 };
        Option<int> parallel = new("--parallel") { Description = "Processes at a time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<string?> folder = new("--folder") { Description = "Folder with more seed models (*.onnx up to 256 KiB)." };
        Option<int> first = new("--first") { Description = "Number of the first mutant." };
        Option<string?> page = new("--page") { Description = "Also writes the counts to this Markdown file.", DefaultValueFactory = _ => null };
        Option<string?> keep = new("--keep") { Description = "Writes what failed to this folder." };
        Command fuzz = new("fuzz", "Tries mutated models and specs; exit code 1 if one crashes, hangs, or takes too much memory.") { onnx, specs, whole, seed, parallel, folder, first, page, keep };
        fuzz.SetAction(parsed =>
        {
            int number = parsed.GetValue(seed), from = parsed.GetValue(first), processes = Math.Max(1, parsed.GetValue(parallel));
            string? more = parsed.GetValue(folder);
            FuzzCounts models = new FuzzRun(FuzzKind.Onnx, number, more, processes).Run(parsed.GetValue(onnx), from);
            FuzzCounts yaml = new FuzzRun(FuzzKind.Spec, number, null, processes).Run(parsed.GetValue(specs), from);
            FuzzCounts runs = new FuzzRun(FuzzKind.Whole, number, more, processes).Run(parsed.GetValue(whole), from);
            return Report(models, yaml, runs, number, more, parsed.GetValue(page), parsed.GetValue(keep), Console.Out);
        });

        Option<string> kind = new("--kind") { Required = true }, work = new("--work") { Required = true };
        Option<int> begin = new("--from"), end = new("--to");
        Option<long> most = new("--most");
        Command batch = new("fuzz-batch", "The process that 'fuzz' starts.") { kind, work, begin, end, most, seed, folder };
        batch.Hidden = true;
        batch.SetAction(parsed => FuzzBatch.Run(
            parsed.GetValue(kind)!, parsed.GetValue(seed), parsed.GetValue(begin), parsed.GetValue(end), parsed.GetValue(folder), parsed.GetValue(work)!, parsed.GetValue(most)));
        return [fuzz, batch];
    }

    private static int Report(FuzzCounts models, FuzzCounts yaml, FuzzCounts runs, int seed, string? folder, string? page, string? keep, TextWriter output)
    {
        string tables = FuzzPage.Tables(models, yaml, runs, seed);
        output.Write(tables);
        (FuzzKind Kind, FuzzCounts Counts)[] all = [(FuzzKind.Onnx, models), (FuzzKind.Spec, yaml), (FuzzKind.Whole, runs)];
        foreach ((FuzzKind kind, FuzzCounts counts) in all)
        {
            output.WriteLine($"{kind.Name}: {counts}");
            if (keep is null) continue;
            int[] failed = [.. counts.Crashed.Select(c => c.Number), .. counts.Hung, .. counts.OverMemory.Select(c => c.Number), .. counts.Died.Select(c => c.Number)];
            FuzzBatch.Write(kind.Name, seed, failed, kind == FuzzKind.Spec ? null : folder, Path.Combine(keep, kind.Name));
        }
        if (page is not null) File.WriteAllText(Path.Combine(Repository.Root, page), FuzzPage.Text(tables, folder is not null));
        return all.All(a => a.Counts.IsClean) ? 0 : 1;
    }
}
