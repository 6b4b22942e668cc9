using System.IO.Enumeration;
using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Benchmarks.Quality;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Inputs;
using YamlDotNet.Serialization;

namespace PruneTasks.Benchmarks.Models.Real;

/// <summary>Real data for one kind of file, as the map has it.</summary>
internal sealed class DataEntry
{
    /// <summary>Pattern of the path below the folder, with * and ?.</summary>
    public string Match { get; set; } = "";

    /// <summary>What the table says.</summary>
    public string Words { get; set; } = "";

    /// <summary>Lines of the spec: task, image, labels, data. <c>${here}</c> is the map's folder, <c>${model}</c> the model's, <c>${inputs}</c> what <see cref="Convert"/> makes.</summary>
    public string Spec { get; set; } = "";

    /// <summary>How files become inputs, where the worker does not read them: <c>wav</c>, <c>bytes</c>, <c>csv</c>, <c>text</c>; or <c>images</c> for a model that is no classifier.</summary>
    public string? Convert { get; set; }

    /// <summary>Folder or file to convert.</summary>
    public string From { get; set; } = "";

    /// <summary>Vocabulary for <c>text</c>.</summary>
    public string Vocabulary { get; set; } = "";

    /// <summary>The image section by which <c>images</c> become inputs.</summary>
    public string Image { get; set; } = "";
}

/// <summary>Real data for some files of a folder. The models of the project's own table need it; any other folder does without.</summary>
internal sealed class DataMap
{
    private readonly string _here;
    private readonly DataEntry[] _entries;

    private DataMap(string here, DataEntry[] entries) => (_here, _entries) = (here, entries);

    /// <summary>Reads a map: a YAML list of entries.</summary>
    public static DataMap Read(string path) =>
        new(Path.GetDirectoryName(Path.GetFullPath(path))!, new DeserializerBuilder().WithNamingConvention(YamlDotNet.Serialization.NamingConventions.CamelCaseNamingConvention.Instance).Build().Deserialize<DataEntry[]>(File.ReadAllText(path)));

    /// <summary>Spec lines for a file, and words for the table; null where the map has none, or what it names is absent.</summary>
    /// <param name="file">Path below the folder.</param>
    /// <param name="path">The model.</param>
    /// <param name="model">The same, read.</param>
    /// <param name="work">Folder for inputs that are made.</param>
    public (string Lines, string Words)? Find(string file, string path, OnnxModel model, string work)
    {
        if (_entries.FirstOrDefault(e => FileSystemName.MatchesSimpleExpression(e.Match, file)) is not { } entry) return null;
        string inputs = Path.Combine(work, "real"), from = Resolve(entry.From);
        if (entry.Convert is not null)
        {
            if (!File.Exists(from) && !Directory.Exists(from)) return null;
            IReadOnlyList<ModelInput> wanted = ModelInput.Of(model);
            if (entry.Convert == "images") SampleFile.Write(inputs, wanted, Images(entry, path, from, work));
            else SampleFile.Write(inputs, wanted, RealInputs.Convert(entry.Convert, from, Resolve(entry.Vocabulary), wanted));
        }
        return (Resolve(entry.Spec).TrimEnd(), entry.Words);

        string Resolve(string text) => text.Replace("${here}", Subject.Slashes(_here), StringComparison.Ordinal)
            .Replace("${model}", Subject.Slashes(Path.GetDirectoryName(Path.GetFullPath(path))!), StringComparison.Ordinal).Replace("${inputs}", Subject.Slashes(inputs), StringComparison.Ordinal);
    }

    /// <summary>Images as the worker would read them for a classifier with this image section.</summary>
    private static IReadOnlyList<Sample> Images(DataEntry entry, string path, string from, string work)
    {
        string spec = Path.Combine(work, "images.prune.yaml");
        File.WriteAllText(spec, $"version: 1\nmodel: \"{Subject.Slashes(path)}\"\ntask: image-classification\nimage: {entry.Image}\ndata: {{ personal: {{ path: \"{Subject.Slashes(from)}\" }} }}\n");
        List<PruneDiagnostic> diagnostics = [];
        PruneSpec read = SpecInput.ReadSpec(spec, diagnostics);
        SpecInput input = SpecInput.Fit(read, ModelFile.Read(path), diagnostics);
        return [.. DataLoader.Open(input.Request("personal", read.Data.Personal!)).Read(diagnostics)];
    }
}
