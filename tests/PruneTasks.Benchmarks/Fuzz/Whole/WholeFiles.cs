using System.Globalization;
using PruneTasks.Spec.Contracts;

namespace PruneTasks.Benchmarks.Fuzz.Whole;

/// <summary>A mutant with all that a build has beside it: data, spec and request.</summary>
/// <param name="Folder">Its folder.</param>
internal sealed record WholeFiles(string Folder)
{
    // The default as often as all others: they have code of their own.
    private static readonly string[] Ways =
    [
        "", "  buffer: { steps: 2 }\n  budget: { macs: 0.6 }", "", "  distill: { steps: 2 }", "", "  exact: false\n  prices: level", "  budget: { macs: 0.7, parameters: 0.7 }",
        "  threads: one\n  prices: fisher", "", "  prices: probes", "  budget: { latency: 0.8 }", "  allocation: uniform\n  prices: curves", "", "  partition: { probes: on, bootstrap: 20 }",
        "", "  ratios: { ffn: 0.5, qk: 0.3, vo: 0.3, channel: 0.4 }",
    ];

    /// <summary>Name of the model.</summary>
    public const string Name = "m";

    /// <summary>The spec.</summary>
    public string Spec => Path.Combine(Folder, $"{Name}.prune.yaml");

    /// <summary>What the worker is asked for.</summary>
    public string Request => Path.Combine(Folder, "request.json");

    /// <summary>Where it writes.</summary>
    public string Output => Path.Combine(Folder, "out");

    /// <summary>Writes one mutant.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="seed">See <see cref="OnnxMutator"/>.</param>
    /// <param name="number">The mutant; below zero the first seed as it is.</param>
    public static WholeFiles Write(string folder, IReadOnlyList<WholeSeed> seeds, int seed, int number)
    {
        int which = 0;
        byte[] bytes = number < 0 ? seeds[0].Bytes : OnnxMutator.Mildly([.. seeds.Select(s => s.Bytes)], seed, number, out which);
        WholeFiles files = new(folder);
        File.WriteAllBytes(Path.Combine(folder, $"{Name}.onnx"), bytes);
        File.WriteAllBytes(Path.Combine(folder, SeedModels.SideFile), new byte[SeedModels.SideBytes]);
        WholeInputs.Write(Path.Combine(folder, "inputs"), WholeSeed.Read(bytes), seeds[which], number);
        File.WriteAllText(files.Spec, string.Create(CultureInfo.InvariantCulture, $$"""
            version: 1
            model: {{Name}}.onnx
            {{seeds[which].Head}}
            data:
              personal: { path: inputs }
            prune:
              seed: 1
              views: 48
            {{Ways[(number % Ways.Length + Ways.Length) % Ways.Length]}}
            """));
        File.WriteAllText(files.Request, new PruneRequest { Spec = files.Spec, Output = files.Output, Checkpoint = Path.Combine(folder, "checkpoint"), Threads = 1 }.ToJson());
        return files;
    }
}
