using PruneTasks.Onnx;

namespace PruneTasks.Testing;

/// <summary>Recorded inputs and outputs of one run, as paths in the set's files; no inputs at all where they are made up (<see cref="ConformanceCase.IsLight"/>).</summary>
internal sealed record ConformanceData(IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs);

/// <summary>One case of the public ONNX backend tests: a model, and what it answers.</summary>
/// <param name="Files">Where its files are.</param>
/// <param name="Name">Name of its folder, or of its file for light models.</param>
/// <param name="Model">Path of the model.</param>
/// <param name="Data">At least one set of data.</param>
/// <param name="IsLight">Weights are constants, the input is a ramp from 0 to 1 (as onnx/backend/test/runner makes it), and only outputs are recorded.</param>
internal sealed record ConformanceCase(ConformanceFiles Files, string Name, string Model, IReadOnlyList<ConformanceData> Data, bool IsLight)
{
    /// <summary>All cases of a set, in a fixed order: a model beside folders <c>test_data_set_N</c>, or beside <c>(model)_output_N.pb</c>.</summary>
    public static IReadOnlyList<ConformanceCase> In(ConformanceFiles files)
    {
        List<ConformanceCase> cases = [];
        ILookup<string, string> byFolder = files.Paths.ToLookup(Parent);
        HashSet<string> folders = [.. byFolder.Select(g => g.Key)];
        foreach (string model in files.Paths.Where(p => p.EndsWith(".onnx", StringComparison.Ordinal)))
        {
            string folder = Parent(model), stem = model[..^".onnx".Length];
            List<ConformanceData> sets = [];
            for (int i = 0; folders.Contains($"{folder}test_data_set_{i}/"); i++)
                sets.Add(new(Numbered(files, $"{folder}test_data_set_{i}/input_"), Numbered(files, $"{folder}test_data_set_{i}/output_")));
            if (sets.Count > 0) cases.Add(new(files, NameOf(model, folder), model, sets, false));
            else if (files.Has($"{stem}_output_0.pb")) cases.Add(new(files, stem[folder.Length..], model, [new([], Numbered(files, $"{stem}_output_"))], true));
        }
        return cases;
    }

    public OnnxModel Load() => OnnxReader.Load(Files.Read(Model), Files.FolderOf(Model));

    /// <summary>The recorded tensor; <see langword="null"/> for a sequence, an optional, text, or a type that is not read.</summary>
    public TensorData? Tensor(string path)
    {
        try
        {
            return TensorFile.Read(Files.Read(path)).Data;
        }
        catch (OnnxFormatException)
        {
            return null;
        }
    }

    private static List<string> Numbered(ConformanceFiles files, string start)
    {
        List<string> paths = [];
        while (files.Has($"{start}{paths.Count}.pb")) paths.Add($"{start}{paths.Count}.pb");
        return paths;
    }

    private static string Parent(string path) => path[..(path.LastIndexOf('/') + 1)];

    private static string NameOf(string model, string folder)
    {
        string[] parts = folder.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 0 ? model[..^".onnx".Length] : parts[^1];
    }
}
