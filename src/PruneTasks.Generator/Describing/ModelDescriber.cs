using Microsoft.CodeAnalysis.CSharp;
using PruneTasks.Generator.Manifest;
using PruneTasks.Generator.Naming;
using PruneTasks.Generator.Reporting;
using PruneTasks.Json;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Describing;

/// <summary>From the text of a manifest to names, types and calls, or to diagnostics. Pure: the same text gives an equal result.</summary>
internal static class ModelDescriber
{
    /// <summary>Members that every generated class may have: it cannot be called like one of them (CS0542).</summary>
    private static readonly HashSet<string> Members = new(StringComparer.Ordinal)
    {
        "Name", "Session", "LoadAsync", "Run", "Classify", "Preprocess", "Dispose", "OnConfigureSession",
        "CreateRequest", "DisposeAsync", "Card", "ImageWidth", "ImageHeight", "ImageLength", "LabelCount", "Finalize", "ToString", "Equals", "GetHashCode", "GetType", "MemberwiseClone",
    };

    public static Described Describe(string path, string text, string rootNamespace)
    {
        try
        {
            return Describe(path, ManifestReader.Read(text), rootNamespace);
        }
        catch (JsonReadException exception)
        {
            DiagnosticInfo problem = new(
                PruneDiagnostics.ManifestNotUsable.Id, new EquatableArray<string>([exception.Problem]), path, exception.Line, exception.Column);
            return Refused(path, [problem]);
        }
    }

    private static Described Describe(string path, ModelManifest manifest, string rootNamespace)
    {
        List<DiagnosticInfo> problems = [.. Unsupported(path, manifest)];
        if (!SyntaxFacts.IsValidIdentifier(manifest.ClassName))
            problems.Add(DiagnosticInfo.Of(PruneDiagnostics.ManifestNotUsable, path, $"the class name '{manifest.ClassName}' is not a C# identifier"));
        else if (Members.Contains(manifest.ClassName))
            problems.Add(DiagnosticInfo.Of(PruneDiagnostics.ManifestNotUsable, path, $"the class name '{manifest.ClassName}' is also that of a generated member"));
        if (problems.Count > 0)
            return Refused(path, problems);

        TensorNames names = InputDescriber.Describe(manifest.ClassName, manifest.Inputs, manifest.Outputs);
        ModelDescription model = new(
            manifest.Name,
            manifest.Task,
            manifest.Resource,
            Identifiers.Namespace(manifest.Namespace ?? rootNamespace),
            manifest.ClassName,
            names.Inputs,
            names.Outputs,
            names.Axes,
            names.Steps,
            Labels(manifest, path, problems),
            ClassifierDescriber.Describe(manifest, path, problems));
        return new Described(path, model, new EquatableArray<DiagnosticInfo>(problems));
    }

    private static IEnumerable<DiagnosticInfo> Unsupported(string path, ModelManifest manifest)
    {
        foreach ((string side, EquatableArray<TensorFacts> tensors) in new[] { ("input", manifest.Inputs), ("output", manifest.Outputs) })
        {
            foreach (TensorFacts tensor in tensors)
            {
                if (ElementType.Find(tensor.Type) is null)
                    yield return DiagnosticInfo.Of(PruneDiagnostics.UnsupportedValueKind, path, side, tensor.Name, tensor.Type, manifest.Name);
            }
        }
    }

    private static EquatableArray<LabelDescription> Labels(ModelManifest manifest, string path, List<DiagnosticInfo> problems)
    {
        if (manifest.Labels is not { } texts)
            return default;
        string[] natural = [.. texts.Select(Identifiers.Label)];
        string[] members = UniqueNames.Of(natural, i => i);
        int renamed = Enumerable.Range(0, members.Length).Count(i => members[i] != natural[i]);
        if (renamed > 0)
        {
            int first = Enumerable.Range(0, members.Length).First(i => members[i] != natural[i]);
            problems.Add(DiagnosticInfo.Of(
                PruneDiagnostics.LabelsSuffixed, path, renamed.ToString(System.Globalization.CultureInfo.InvariantCulture), manifest.Name, texts[first], members[first]));
        }
        return new EquatableArray<LabelDescription>(members.Select((member, i) => new LabelDescription(member, texts[i])));
    }

    private static Described Refused(string path, List<DiagnosticInfo> problems) =>
        new(path, null, new EquatableArray<DiagnosticInfo>(problems));
}
