using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>Reads ONNX files (protobuf, <c>ModelProto</c>). Weights are slices of the bytes that were read; external data is mapped, not loaded.</summary>
public static class OnnxReader
{
    /// <summary>Reads the model at <paramref name="path"/>; external data is looked for in its folder only.</summary>
    /// <exception cref="OnnxFormatException">The file is not a well-formed ONNX model.</exception>
    /// <exception cref="IOException">The file cannot be read, or is larger than 2 GB (the limit of protobuf).</exception>
    public static OnnxModel Load(string path) => Load(File.ReadAllBytes(path), Path.GetDirectoryName(Path.GetFullPath(path)));

    /// <summary>Reads a model from <paramref name="bytes"/>, which must not change afterwards.</summary>
    /// <param name="bytes">The content of an ONNX file.</param>
    /// <param name="folder">Folder for external data; without it a model that has external data is refused.</param>
    /// <param name="store">Where contents of edited initializers are to go. Files that the model refers to have to lie in its folder then.</param>
    /// <exception cref="OnnxFormatException">The bytes are not a well-formed ONNX model.</exception>
    public static OnnxModel Load(ReadOnlyMemory<byte> bytes, string? folder = null, TensorStore? store = null)
    {
        WireMessage message = FunctionInlining.Apply(ParseModel(bytes));
        WireField[] graphs = [.. message.All(ModelFields.Graph)];
        if (graphs.Length != 1) throw new OnnxFormatException(OnnxFormatError.NotOnnx, 0, "not an ONNX model: it holds no graph, or several");
        var external = new ExternalData(folder, store);
        var opsets = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (WireField field in message.All(ModelFields.OpsetImport))
        {
            WireMessage opset = message.Message(field);
            string domain = opset.TextOf(OpsetFields.Domain);
            opsets[domain == "ai.onnx" ? "" : domain] = opset.IntOf(OpsetFields.Version);
        }
        Graph graph = GraphReader.Read(message.Message(graphs[0]), external);
        graph.Store = store;
        return new OnnxModel(graph)
        {
            IrVersion = message.IntOf(ModelFields.IrVersion),
            ProducerName = message.TextOf(ModelFields.ProducerName),
            Opsets = opsets,
            Wire = new LoadedModel(message, external),
        };
    }

    private static WireMessage ParseModel(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.StartsWith("version https://git-lfs"u8))
            throw new OnnxFormatException(OnnxFormatError.GitLfsPointer, 0, "a Git LFS pointer lies where the model should be; run 'git lfs pull'");
        if (bytes.Length == 0) throw new OnnxFormatException(OnnxFormatError.NotOnnx, 0, "not an ONNX model: the file is empty");
        try
        {
            return WireMessage.Parse(bytes, 0);
        }
        catch (OnnxFormatException e) when (e.Error != OnnxFormatError.Truncated)
        {
            throw new OnnxFormatException(OnnxFormatError.NotOnnx, e.Position, "not an ONNX model: the bytes are not protobuf");
        }
    }
}
