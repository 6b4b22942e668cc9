using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Inputs that lie beside a model: arrays in <c>.npz</c> files, and ONNX test sets.</summary>
internal static class RecordedInputs
{
    private static readonly string[] s_prefixes = ["", "in__", "in_", "input__", "inputs__", "input_", "input:", "inputs/"];

    /// <summary>All samples that fit, each in the model's own shape; what does not fit is left alone.</summary>
    /// <param name="model">The model's file.</param>
    /// <param name="inputs">Its inputs.</param>
    public static IReadOnlyList<Sample> Beside(string model, IReadOnlyList<ModelInput> inputs)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!, stem = Path.GetFileNameWithoutExtension(model);
        string[] others = [.. Directory.EnumerateFiles(folder, "*.onnx").Select(f => Path.GetFileNameWithoutExtension(f)).Where(s => s != stem && !stem.StartsWith(s, StringComparison.Ordinal))];
        List<Sample> samples = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*.npz").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file);
            // Recorded with another model of the folder.
            if (!name.StartsWith(stem, StringComparison.Ordinal) && others.Any(o => name.StartsWith(o, StringComparison.Ordinal))) continue;
            samples.AddRange(Guard(() => FromArrays(file, inputs)));
        }
        if (Directory.EnumerateFiles(folder, "*.onnx").Count() == 1)
        {
            foreach (string set in Directory.EnumerateDirectories(folder, "test_data_set_*").Order(StringComparer.Ordinal)) samples.AddRange(Guard(() => FromTestSet(set, inputs)));
        }
        return samples;
    }

    private static IReadOnlyList<Sample> Guard(Func<IReadOnlyList<Sample>> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or OnnxFormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            return [];
        }
    }

    private static IReadOnlyList<Sample> FromTestSet(string folder, IReadOnlyList<ModelInput> inputs)
    {
        var tensors = new TensorData?[inputs.Count];
        for (int i = 0; i < inputs.Count; i++)
        {
            (string name, TensorData data) = TensorFile.Read(File.ReadAllBytes(Path.Combine(folder, $"input_{i}.pb")));
            int at = Enumerable.Range(0, inputs.Count).FirstOrDefault(k => inputs[k].Name == name, i);
            tensors[at] = data;
        }
        return tensors.Any(t => t is null) || tensors.Zip(inputs, (t, input) => input.Refuse(t!.Type, t.Shape)).Any(r => r is not null)
            ? [] : [new Sample(Path.GetFileName(folder), [.. tensors.Select(t => t!)], null)];
    }

    private static IReadOnlyList<Sample> FromArrays(string file, IReadOnlyList<ModelInput> inputs)
    {
        using FileStream stream = File.OpenRead(file);
        IReadOnlyList<KeyValuePair<string, TensorData>> arrays = NpzReader.Read(stream);
        TensorData[] found = [.. inputs.Select(input => Find(arrays, input)).OfType<TensorData>()];
        if (found.Length != inputs.Count) return [];
        string name = Path.GetFileName(file);
        // One array for each input as it is: one run. Where all inputs have an open batch axis, each entry is a sample.
        if (found.Zip(inputs, (a, input) => input.Refuse(a.Type, a.Shape)).All(r => r is null))
        {
            bool rows = inputs.All(i => i.HasFreeBatch) && found.All(a => a.Shape[0] == found[0].Shape[0]);
            return rows ? Rows(name, found, 1) : [new Sample(name, found, null)];
        }
        // One axis in front, or a batch of a model that takes one sample.
        if (found.Zip(inputs, (a, input) => a.Shape.Count == (input.Shape?.Count ?? -1) + 1 && a.Shape[0] == found[0].Shape[0] && input.Refuse(a.Type, [.. a.Shape.Skip(1)]) is null).All(fits => fits))
            return Rows(name, found, 0);
        return found.Zip(inputs, (a, input) => a.Shape.Count > 0 && a.Shape[0] == found[0].Shape[0] && input.Refuse(a.Type, [1, .. a.Shape.Skip(1)]) is null).All(fits => fits) ? Rows(name, found, 1) : [];
    }

    private static Sample[] Rows(string name, TensorData[] arrays, int lead) =>
    [
        .. Enumerable.Range(0, (int)arrays[0].Shape[0]).Select(row => new Sample($"{name}#{row}", [.. arrays.Select(a => Row(a, row, lead))], null)),
    ];

    private static TensorData Row(TensorData array, int row, int lead)
    {
        int bytes = array.Bytes.Length / (int)array.Shape[0];
        return new TensorData(array.Type, [.. Enumerable.Repeat(1L, lead), .. array.Shape.Skip(1)], array.Bytes.Slice(row * bytes, bytes));
    }

    private static TensorData? Find(IReadOnlyList<KeyValuePair<string, TensorData>> arrays, ModelInput input)
    {
        TensorData? array = s_prefixes.Select(prefix => arrays.FirstOrDefault(a => a.Key == prefix + input.Name).Value).FirstOrDefault(a => a is not null);
        return array is null ? null : TensorConversion.To(array, input.Type);
    }
}
