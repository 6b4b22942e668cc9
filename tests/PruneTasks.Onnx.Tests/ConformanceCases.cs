using System.Formats.Tar;
using System.IO.Compression;
using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx.Tests;

/// <summary>One case of the public ONNX backend tests: a model with one set of inputs and outputs.</summary>
internal sealed record ConformanceCase(string Name, byte[] Model, IReadOnlyList<TensorData?> Inputs, IReadOnlyList<TensorData?> Outputs);

/// <summary>Reads the cases that lie beside the repository.</summary>
internal static class ConformanceCases
{
    public static string Archive => Path.Combine(Samples.Folder ?? "", "conformance", "onnx-node-and-simple.tar.gz");

    public static IEnumerable<ConformanceCase> Read()
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        using var tar = new TarReader(new GZipStream(File.OpenRead(Archive), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !(entry.Name.EndsWith(".onnx", StringComparison.Ordinal) || entry.Name.EndsWith(".pb", StringComparison.Ordinal))) continue;
            using var content = new MemoryStream();
            entry.DataStream.CopyTo(content);
            files.Add(entry.Name, content.ToArray());
        }
        foreach ((string path, byte[] model) in files.Where(f => f.Key.EndsWith("/model.onnx", StringComparison.Ordinal)))
        {
            string folder = path[..path.LastIndexOf('/')];
            yield return new ConformanceCase(folder[(folder.LastIndexOf('/') + 1)..], model, Tensors("input"), Tensors("output"));

            TensorData?[] Tensors(string kind) =>
                [.. Enumerable.Range(0, 100).Select(i => $"{folder}/test_data_set_0/{kind}_{i}.pb").TakeWhile(files.ContainsKey).Select(f => Tensor(files[f]))];
        }
    }

    private static TensorData? Tensor(byte[] bytes)
    {
        try
        {
            return TensorReader.Read(WireMessage.Parse(bytes, 0), new ExternalData(null));
        }
        catch (OnnxFormatException)
        {
            return null; // a sequence or an optional
        }
    }
}
