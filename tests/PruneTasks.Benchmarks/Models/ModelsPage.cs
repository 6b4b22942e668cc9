using System.Globalization;

namespace PruneTasks.Benchmarks.Models;

/// <summary>The page around the table of models.</summary>
internal static class ModelsPage
{
    /// <summary>The text; sections that an older page has below its table stay.</summary>
    public static string Write(string command, TrialSettings settings, string table, string? old) => Head(command, settings, table) + Sections(old);

    private static string Sections(string? old) => old?.IndexOf("\n## ", StringComparison.Ordinal) is >= 0 and var at ? old[at..] : "";

    private static string Head(string command, TrialSettings settings, string table) => string.Create(CultureInfo.InvariantCulture,
        $"""
        <!-- Written by `dotnet run -c Release --project tests/PruneTasks.Benchmarks -- {command}`. -->
        # Every model of a folder

        `{command}`: each file is pruned by the worker in a process of its own, with a budget of {1 - settings.Cut:P0} of the MACs and nothing else set.
        {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores.

        - **calibrated on**: real data where the map of data names some; else inputs recorded beside the model, filled up with random ones of the form that the
          graph's first operators tell (in brackets). Random inputs show that the way works and that the outcome is exact; how much a model *keeps* only real data can say.
        - **answers**: on samples held back ("hold-out", or "test" from other data; "calibration" where there are too few). *agreement*: same first answer as the dense model.
          *error*: √(Σ(dense − pruned)² / Σ(dense − mean)²) of the output that moves most; 100 % is as good as its mean.
        - **removed = gated**: largest difference in ONNX Runtime between the file with units removed and the dense graph in which the same units are masked, relative to the largest output.
        - **times faster**: dense / pruned in ONNX Runtime, batch 1, one thread, runs in turn.
        - **outcome**: *dense*: left as it is, with the reason. *refused*: an error with an id.


        """) + table;
}
