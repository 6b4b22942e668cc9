using PruneTasks.Generator.Manifest;
using PruneTasks.Generator.Reporting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Describing;

/// <summary>Decides whether a model can have the calls with texts; the build has found out which input takes what.</summary>
internal static class TextDescriber
{
    public static TextDescription? Describe(ModelManifest manifest, EquatableArray<OutputDescription> outputs, string path, List<DiagnosticInfo> problems)
    {
        if (manifest.Text is not { } text)
            return null;
        OutputDescription? output = outputs.FirstOrDefault(candidate => candidate.OnnxName == text.Output);
        bool causal = manifest.Task == "causal-lm";
        string? refusal = text.Refusal
            ?? (output is null ? $"there is no output '{text.Output}'" : null)
            ?? (!causal && !ElementType.IsScore(output!.Type) ? $"output '{output.OnnxName}' has no floating-point scores that C# has a type for" : null);
        if (refusal is null)
            return new TextDescription(manifest.Task, text, output!);
        string call = causal ? "CreateSession" : manifest.Task == "text-embedding" ? "Embed" : "Classify";
        problems.Add(DiagnosticInfo.Of(PruneDiagnostics.TaskCallLeftOut, path, call, manifest.Name, refusal));
        return null;
    }
}
