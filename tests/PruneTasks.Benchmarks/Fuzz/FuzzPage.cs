using System.Globalization;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Writes docs/benchmarks/fuzz.md.</summary>
internal static class FuzzPage
{
    /// <summary>The counts, and a line for each mutant that did not end well.</summary>
    public static string Tables(FuzzCounts models, FuzzCounts yaml, FuzzCounts runs, int seed)
    {
        using var text = new StringWriter { NewLine = "\n" };
        string[] ends = ["crashed", "hung", "over memory", "left behind", "slowest", "peak memory", "seconds"];
        var table = new MarkdownTable(text, [Of($"seed {seed}"), "files", "read", "refused with an id", .. ends]);
        table.Add(["ONNX", Of($"{models.Files}"), Of($"{models.Read}"), Refused(models), .. Ends(models)]);
        table.Add(["specs", Of($"{yaml.Files}"), Of($"{yaml.Read}"), Refused(yaml), .. Ends(yaml)]);
        text.WriteLine();
        table = new MarkdownTable(text, [Of($"seed {seed}"), "files", "pruned", "left dense", "refused with an id", "worker died, told with an id", .. ends]);
        table.Add(["whole runs", Of($"{runs.Files}"), Of($"{runs.Pruned}"), Of($"{runs.Read - runs.Pruned}"), Refused(runs), Of($"{runs.Died.Count}"), .. Ends(runs)]);
        text.WriteLine();
        FuzzCounts[] all = [models, yaml, runs];
        table = new MarkdownTable(text, "refused by", "ONNX", "specs", "whole runs");
        foreach (string id in all.SelectMany(a => a.Refused.Keys).SelectMany(ids => ids.Split('+')).Distinct().Order(StringComparer.Ordinal))
            table.Add([id, .. all.Select(a => Of($"{a.Refused.Where(row => row.Key.Split('+').Contains(id)).Sum(row => row.Value)}"))]);
        text.WriteLine();
        foreach ((FuzzKind kind, FuzzCounts counts) in new[] { (FuzzKind.Onnx, models), (FuzzKind.Spec, yaml), (FuzzKind.Whole, runs) })
        {
            foreach ((int number, string ids, string what) in counts.Died) text.WriteLine(Of($"died, told by {ids}: {kind.Name} {number}: {what}"));
            foreach ((int number, string what) in counts.Crashed) text.WriteLine(Of($"crashed: {kind.Name} {number}: {what}"));
            foreach (int number in counts.Hung) text.WriteLine(Of($"hung: {kind.Name} {number}"));
            foreach ((int number, string what) in counts.OverMemory) text.WriteLine(Of($"over memory: {kind.Name} {number}: {what}"));
            foreach (string left in counts.LeftBehind.Distinct()) text.WriteLine($"left behind: {left}");
        }
        return text.ToString();

        static string Refused(FuzzCounts counts) => Of($"{counts.Refused.Values.Sum()}");
    }

    /// <summary>The whole page.</summary>
    /// <param name="tables">See <see cref="Tables"/>.</param>
    /// <param name="more">There were seeds from a folder.</param>
    public static string Text(string tables, bool more) =>
        $"""
        # Damaged files

        `dotnet run -c Release --project tests/PruneTasks.Benchmarks -- fuzz --page docs/benchmarks/fuzz.md{(more ? " --folder <models>" : "")}` writes this page.

        Each file is a small valid one{(more ? ", made by the program or taken from the folder," : ", made by the program,")} with one to five changes; the same number gives the same file. Models: names, sizes, attributes, whole
        messages, their order, their nesting, lengths that lie, and plain bytes. They go through what the worker does: the build's quick look,
        reading, `inspect`, constant folding (in ONNX Runtime) and the other exact rewrites, finding units, removing half of them, writing, reading
        again; every fourth also runs in torch. Specs: values, keys, places, tags, aliases, encodings; every diagnostic has to name a place in the file.

        *Whole runs* go the way of a build from `request.json` to the pruned file: random calibration data, exact rewrites, the trial of every removal, prices, plan,
        building, removal, the check and the comparison with the dense model in ONNX Runtime, reports. Some are built in steps, trained, or left without exact rewrites.
        Seeds are the same and the small networks that the tests have of many exporters; one or two changes leave the coding whole, so that most get far, and put numbers into
        weights that are none or very large. *Died* is where native code of ONNX Runtime or libtorch ended the process: the build's own tasks then run the worker on that
        file again, and count as told if they give an error with an id.

        All of it runs in another process, so that nothing escapes being counted: *crashed* is anything that is not a diagnostic with an id,
        a dead process too; *hung* is over {FuzzKind.Onnx.MostSeconds} s of processor time ({FuzzKind.Whole.MostSeconds} s in whole runs: valid files take seconds), or ten times that by the clock;
        *over memory* is over {FuzzKind.Onnx.MostAllocated >> 30} GiB allocated ({FuzzKind.Whole.MostAllocated >> 30} GiB in whole runs, in total) or {FuzzKind.Onnx.MostResident >> 30} GiB resident for one file;
        *left behind* is what the temporary folder holds afterwards. Several ids may refuse one file.

        {tables.TrimEnd()}

        """.ReplaceLineEndings("\n");

    private static string[] Ends(FuzzCounts counts) =>
    [
        Of($"{counts.Crashed.Count}"), Of($"{counts.Hung.Count}"), Of($"{counts.OverMemory.Count}"), Of($"{counts.LeftBehind.Count}"),
        Of($"{counts.Slowest.Seconds:F1} s"), Of($"{counts.PeakBytes >> 20} MiB"), Of($"{counts.Seconds:F0}"),
    ];

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
