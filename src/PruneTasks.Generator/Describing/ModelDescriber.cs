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
        "ClassifyAsync", "ClassifyAll", "Embed", "EmbedAsync", "EmbedAll", "CreateSession", "AsChatClient", "Tokenizer", "Dimensions", "MaxLength", "VocabularySize",
        "CreateRequest", "DisposeAsync", "Card", "ExecutionProvider", "ImageWidth", "ImageHeight", "ImageLength", "LabelCount", "Finalize", "ToString", "Equals", "GetHashCode", "GetType", "MemberwiseClone",
    };

    public static Described Describe(string path, string text, AppFacts app)
    {
        try
        {
            return Describe(path, ManifestReader.Read(text), app);
        }
        catch (JsonReadException exception)
        {
            DiagnosticInfo problem = new(
                PruneDiagnostics.ManifestNotUsable, new EquatableArray<string>(new[] { exception.Problem }), path, exception.Line, exception.Column);
            return new Described(path, "", null, new EquatableArray<DiagnosticInfo>(new[] { problem }));
        }
    }

    private static Described Describe(string path, ModelManifest manifest, AppFacts app)
    {
        Declaration? declared = app.Declarations.FirstOrDefault(declaration => declaration.Model == manifest.Name && !declaration.Nested);
        string name = manifest.Name;
        if (declared is not null)
            manifest = manifest with { ClassName = declared.ClassName, Namespace = declared.Namespace, Public = declared.Public };
        List<DiagnosticInfo> problems = Unsupported(path, manifest);
        if (!SyntaxFacts.IsValidIdentifier(manifest.ClassName))
            problems.Add(DiagnosticInfo.Of(PruneDiagnostics.ManifestNotUsable, path, $"the class name '{manifest.ClassName}' is not a C# identifier"));
        else if (Members.Contains(manifest.ClassName))
            problems.Add(DiagnosticInfo.Of(PruneDiagnostics.ManifestNotUsable, path, $"the class name '{manifest.ClassName}' is also that of a generated member"));
        if (problems.Count > 0)
            return new Described(path, name, null, new EquatableArray<DiagnosticInfo>(problems));

        problems.AddRange(manifest.Outputs.Where(IsUnsupported).Select(output => DiagnosticInfo.Of(PruneDiagnostics.OutputLeftOut, path, output.Name, manifest.Name, output.Type)));
        manifest = manifest with { Outputs = new EquatableArray<TensorFacts>(manifest.Outputs.Where(output => !IsUnsupported(output))) };
        TensorNames names = InputDescriber.Describe(manifest.ClassName, manifest.Inputs, manifest.Outputs);
        EquatableArray<LabelDescription> labels = Labels(manifest, path, problems);
        ClassifierDescription? classifier = ClassifierDescriber.Describe(manifest, path, problems);
        if (classifier is not null)
            names = ClassifierDescriber.Explain(names, classifier);
        ModelDescription model = new(
            manifest.Name,
            manifest.Task,
            manifest.Resource,
            Identifiers.Namespace(manifest.Namespace ?? app.RootNamespace),
            manifest.ClassName,
            names.Inputs,
            names.Outputs,
            names.Axes,
            names.Steps,
            labels,
            classifier,
            TextDescriber.Describe(manifest, names.Outputs, path, problems),
            manifest.Public,
            manifest.Card,
            app.References);
        return new Described(path, name, model, new EquatableArray<DiagnosticInfo>(problems));
    }

    /// <summary>The model cannot be called without an input; an output can be left out, as long as one remains.</summary>
    private static List<DiagnosticInfo> Unsupported(string path, ModelManifest manifest)
    {
        List<DiagnosticInfo> problems = [];
        Find("input", manifest.Inputs);
        if (manifest.Outputs.All(IsUnsupported))
            Find("output", manifest.Outputs);
        return problems;

        void Find(string side, EquatableArray<TensorFacts> tensors)
        {
            foreach (TensorFacts tensor in tensors)
            {
                if (IsUnsupported(tensor))
                    problems.Add(DiagnosticInfo.Of(PruneDiagnostics.UnsupportedValueKind, path, side, tensor.Name, tensor.Type, manifest.Name));
            }
        }
    }

    private static bool IsUnsupported(TensorFacts tensor) => ElementType.Find(tensor.Type) is null;

    private static EquatableArray<LabelDescription> Labels(ModelManifest manifest, string path, List<DiagnosticInfo> problems)
    {
        if (manifest.Labels is not { } texts)
            return EquatableArray<LabelDescription>.Empty;
        string[] natural = new string[texts.Count];
        for (int i = 0; i < natural.Length; i++)
            natural[i] = Identifiers.Label(texts[i], i);
        string[] members = UniqueNames.Of(natural, i => i);
        LabelDescription[] labels = new LabelDescription[members.Length];
        int renamed = 0, first = -1;
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = new LabelDescription(members[i], texts[i]);
            if (members[i] == natural[i])
                continue;
            renamed++;
            first = first < 0 ? i : first;
        }
        if (renamed > 0 && texts.Count <= Emitting.LabelEmitter.LargestEnum)
        {
            problems.Add(DiagnosticInfo.Of(
                PruneDiagnostics.LabelsSuffixed, path, renamed.ToString(System.Globalization.CultureInfo.InvariantCulture), manifest.Name, texts[first], members[first]));
        }
        return new EquatableArray<LabelDescription>(labels);
    }
}
