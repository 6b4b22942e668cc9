using PruneTasks.Json;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Running;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Takes one spec through what build and worker do with it before a model is read.</summary>
internal static class SpecTrial
{
    /// <summary>Runs the file at <paramref name="path"/>.</summary>
    /// <returns>Ids of the diagnostics that refuse it, or <c>read</c>.</returns>
    /// <exception cref="InvalidDataException">A diagnostic is wanting: no id of the spec's block, no place, or a place outside of the file.</exception>
    public static string Run(string path)
    {
        SpecReadResult read = PruneSpecReader.Read(path);
        int lines = File.ReadAllText(path).Split('\n', '\r', '\u0085', '\u2028', '\u2029').Length + 1;
        foreach (PruneDiagnostic diagnostic in read.Diagnostics)
        {
            bool placed = diagnostic.Line >= 1 && diagnostic.Column >= 1 && diagnostic.Line <= lines;
            if (!diagnostic.Id.StartsWith("PRUNE00", StringComparison.Ordinal) || (!placed && diagnostic.Descriptor != PruneDiagnostics.SpecUnreadable && diagnostic.Descriptor != PruneDiagnostics.SyntaxError))
                throw new InvalidDataException($"without a place in the file: {diagnostic}");
            if (diagnostic.ToString().Contains('\n', StringComparison.Ordinal)) throw new InvalidDataException("a diagnostic of two lines");
        }
        if (read.Spec is null)
        {
            return read.Diagnostics.Any(d => d.IsError)
                ? string.Join('+', read.Diagnostics.Where(d => d.IsError).Select(d => d.Id).Distinct().Order(StringComparer.Ordinal))
                : throw new InvalidDataException("refused without an error");
        }
        string canonical = CanonicalSpec.Write(read.Spec);
        _ = JsonReader.Read(canonical);
        _ = SpecEcho.Of(read.Spec);
        _ = SpecChecks.Data(read.Spec);
        _ = ModelReading.Read(read.Spec);
        return "read";
    }
}
