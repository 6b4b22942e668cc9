using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Data;

/// <summary>ONNX test sets: folders <c>test_data_set_*</c> with one <c>input_k.pb</c> (a <c>TensorProto</c>) for each input of the model.</summary>
/// <remarks>A set is one sample; a set whose tensors have a longer first axis, where the model's is free, is one sample for each entry.</remarks>
internal sealed class OnnxTestSetSource : ISampleSource
{
    private readonly DataRequest _request;
    private readonly IReadOnlyList<Sample> _order;

    /// <param name="request">What is asked for.</param>
    /// <param name="paths">The input files, relative to the data's folder, with '/'.</param>
    /// <exception cref="PruneDiagnosticException">A file cannot be read or does not fit the model.</exception>
    public OnnxTestSetSource(DataRequest request, IReadOnlyList<string> paths)
    {
        _request = request;
        _order = SampleOrder.Spread(
            paths.GroupBy(Folder, StringComparer.Ordinal).OrderBy(set => set.Key, StringComparer.Ordinal).SelectMany(set => Load(set.Key, [.. set])),
            _ => "",
            request.Seed);
    }

    /// <summary>Whether a file is an input of a test set, by its name.</summary>
    public static bool IsInput(string path) => NumberOf(path) is not null;

    /// <inheritdoc/>
    public IEnumerable<Sample> Read(ICollection<PruneDiagnostic> diagnostics) => _order;

    private IEnumerable<Sample> Load(string folder, IReadOnlyList<string> paths)
    {
        IReadOnlyList<ModelInput> wanted = _request.Inputs;
        var inputs = new TensorData?[wanted.Count];
        foreach (string path in paths)
        {
            (string name, TensorData data) = Read(path);
            int byName = Enumerable.Range(0, wanted.Count).FirstOrDefault(i => wanted[i].Name == name, -1);
            int at = byName >= 0 ? byName : NumberOf(path)!.Value;
            if (at >= inputs.Length) throw DoesNotFit(path, $"the model has {inputs.Length} inputs");
            if (data.Type != wanted[at].Type) throw DoesNotFit(path, wanted[at].Refuse(data.Type, data.Shape)!);
            inputs[at] = data;
        }
        int missing = Array.IndexOf(inputs, null);
        if (missing >= 0) throw DoesNotFit(folder, $"there is no input_{missing}.pb for input '{wanted[missing].Name}'");
        return Cut(folder, [.. inputs.Select(input => input!)]);
    }

    private IEnumerable<Sample> Cut(string folder, TensorData[] inputs)
    {
        IReadOnlyList<ModelInput> wanted = _request.Inputs;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (wanted[i].Refuse(inputs[i].Type, inputs[i].Shape) is { } reason) throw DoesNotFit(folder, reason);
        }
        long count = inputs.Length > 0 && inputs[0].Shape.Count > 0 ? inputs[0].Shape[0] : 1;
        bool together = wanted.All(input => input.HasFreeBatch) && inputs.All(input => input.Shape[0] == count);
        if (count <= 1 || !together) return [new Sample(folder, inputs, null)];
        return Enumerable.Range(0, (int)count).Select(row => new Sample(
            string.Create(CultureInfo.InvariantCulture, $"{folder}#{row}"),
            [.. inputs.Select(input => Row(input, row))],
            null));
    }

    private static TensorData Row(TensorData input, int row)
    {
        int bytes = input.Bytes.Length / (int)input.Shape[0];
        return new TensorData(input.Type, [1, .. input.Shape.Skip(1)], input.Bytes.Slice(row * bytes, bytes));
    }

    private (string Name, TensorData Data) Read(string path)
    {
        try
        {
            return TensorFile.Read(File.ReadAllBytes(Path.Combine(_request.FullPath, path)));
        }
        catch (Exception problem) when (problem is OnnxFormatException or IOException or UnauthorizedAccessException)
        {
            throw _request.Fail(PruneDiagnostics.DataFileUnreadable, path, problem.Message);
        }
    }

    private PruneDiagnosticException DoesNotFit(string path, string reason) => _request.Fail(PruneDiagnostics.DataDoesNotFit, path, reason);

    private static string Folder(string path) => path.Contains('/') ? path[..path.LastIndexOf('/')] : "";

    private static int? NumberOf(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        if (!name.StartsWith("input_", StringComparison.Ordinal) || !name.EndsWith(".pb", StringComparison.Ordinal)) return null;
        return int.TryParse(name.AsSpan(6, name.Length - 9), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }
}
