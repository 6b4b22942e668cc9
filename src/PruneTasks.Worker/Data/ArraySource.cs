using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Data;

/// <summary>Recorded inputs in <c>.npz</c> or <c>.npy</c> files. The first axis of each array counts the samples.</summary>
/// <remarks>Arrays are matched to inputs by name; a model with one input also takes the only array there is. An integer array
/// <c>labels</c> holds the classes. Other arrays (recorded outputs, for example) are left alone.</remarks>
internal sealed class ArraySource : ISampleSource
{
    /// <summary>The array with the classes.</summary>
    public const string LabelsName = "labels";

    private readonly DataRequest _request;
    private readonly IReadOnlyList<(string Path, TensorData[] Inputs, long[]? Labels)> _files;
    private readonly IReadOnlyList<(int File, int Index)> _order;

    /// <param name="request">What is asked for.</param>
    /// <param name="paths">The files, relative to the data's folder; or the empty string for the data's path itself.</param>
    /// <exception cref="PruneDiagnosticException">A file cannot be read or does not fit the model.</exception>
    public ArraySource(DataRequest request, IReadOnlyList<string> paths)
    {
        _request = request;
        _files = [.. paths.Order(StringComparer.Ordinal).Select(Load)];
        _order = SampleOrder.Spread(
            _files.SelectMany((file, f) => Enumerable.Range(0, (int)file.Inputs[0].Shape[0]).Select(i => (File: f, Index: i))),
            at => _files[at.File].Labels is { } labels ? labels[at.Index].ToString(System.Globalization.CultureInfo.InvariantCulture) : "",
            request.Seed);
        if (_order.Count == 0) throw request.Fail(PruneDiagnostics.DataFolderEmpty, request.Path);
        int all = _order.Count;
        _order = [.. _order.Where(at => request.Keeps(LabelOf(at.File, at.Index)))];
        OtherClasses = all - _order.Count;
        if (_order.Count == 0) throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, "none of its samples is of a class in 'prune.classes'");
    }

    /// <inheritdoc/>
    public int OtherClasses { get; }

    /// <inheritdoc/>
    public IEnumerable<Sample> Read(ICollection<PruneDiagnostic> diagnostics)
    {
        foreach ((int f, int index) in _order)
        {
            (string path, TensorData[] arrays, _) = _files[f];
            TensorData[] inputs = [.. arrays.Select((array, k) => Slice(array, index, _request.Inputs[k]))];
            yield return new Sample($"{path}#{index}", inputs, _request.Label(LabelOf(f, index)));
        }
    }

    private int? LabelOf(int file, int index) => _files[file].Labels is { } labels ? (int)labels[index] : null;

    private (string Path, TensorData[] Inputs, long[]? Labels) Load(string path)
    {
        string full = path.Length == 0 ? _request.FullPath : Path.Combine(_request.FullPath, path);
        string name = path.Length == 0 ? Path.GetFileName(full) : path;
        IReadOnlyList<KeyValuePair<string, TensorData>> arrays;
        try
        {
            if (full.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
            {
                arrays = [new("", NpyReader.Read(File.ReadAllBytes(full)))];
            }
            else
            {
                using FileStream stream = File.OpenRead(full);
                arrays = NpzReader.Read(stream);
            }
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException or OverflowException)
        {
            throw _request.Fail(PruneDiagnostics.DataFileUnreadable, name, problem.Message);
        }
        try
        {
            TensorData[] inputs = [.. _request.Inputs.Select(input => Fit(Find(arrays, input), input))];
            if (inputs.FirstOrDefault(array => array.Shape[0] != inputs[0].Shape[0]) is { } other)
                throw new InvalidDataException($"its arrays have {inputs[0].Shape[0]} and {other.Shape[0]} samples");
            return (name, inputs, LabelsOf(arrays, inputs[0].Shape[0]));
        }
        catch (Exception problem) when (problem is InvalidDataException or OverflowException)
        {
            throw _request.Fail(PruneDiagnostics.DataDoesNotFit, name, problem.Message);
        }
    }

    private TensorData Find(IReadOnlyList<KeyValuePair<string, TensorData>> arrays, ModelInput input)
    {
        foreach (KeyValuePair<string, TensorData> array in arrays)
        {
            if (array.Key == input.Name) return array.Value;
        }
        KeyValuePair<string, TensorData>[] unnamed = [.. arrays.Where(array => array.Key != LabelsName)];
        if (_request.Inputs.Count == 1 && unnamed.Length == 1) return unnamed[0].Value;
        throw new InvalidDataException(
            arrays is [{ Key: "" }]
                ? $"a .npy file fills one input, the model has {_request.Inputs.Count}"
                : $"it has no array '{input.Name}', only {string.Join(", ", arrays.Select(array => $"'{array.Key}'"))}");
    }

    /// <summary>The array in the input's element type, checked: [samples, …the input's axes after the first] or [samples, …all of them].</summary>
    private static TensorData Fit(TensorData array, ModelInput input)
    {
        if (array.Shape.Count == 0) throw new InvalidDataException($"the array for input '{input.Name}' is a single number; its first axis must count the samples");
        TensorData fitted = TensorConversion.To(array, input.Type);
        return input.Refuse(input.Type, SampleShape(fitted, input)) is { } reason ? throw new InvalidDataException(reason) : fitted;
    }

    private static long[] SampleShape(TensorData array, ModelInput input) =>
        input.Shape is { } shape && shape.Count == array.Shape.Count - 1 ? [.. array.Shape.Skip(1)] : [1, .. array.Shape.Skip(1)];

    private static TensorData Slice(TensorData array, int index, ModelInput input)
    {
        int bytes = array.Bytes.Length / (int)array.Shape[0];
        return new TensorData(array.Type, SampleShape(array, input), array.Bytes.Slice(index * bytes, bytes));
    }

    private static long[]? LabelsOf(IReadOnlyList<KeyValuePair<string, TensorData>> arrays, long samples)
    {
        TensorData? array = arrays.FirstOrDefault(array => array.Key == LabelsName).Value;
        if (array is null) return null;
        TensorData labels = TensorConversion.To(array, ElementType.Int64);
        if (labels.Count != samples) throw new InvalidDataException($"'{LabelsName}' has {labels.Count} entries for {samples} samples");
        return labels.ToInt64s();
    }
}
