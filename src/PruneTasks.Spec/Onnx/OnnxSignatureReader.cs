namespace PruneTasks.Spec.Onnx;

/// <summary>
/// Reads the signature of an ONNX file (onnx.proto of ONNX 1.20: ModelProto, GraphProto, ValueInfoProto) and seeks over the weights, so
/// that it takes about a millisecond whatever the size. Field numbers are written as in onnx.proto.
/// </summary>
public sealed class OnnxSignatureReader
{
    private readonly ProtoCursor _cursor;
    private readonly List<OpsetImport> _opsets = [];
    private readonly List<TensorSignature> _inputs = [];
    private readonly List<TensorSignature> _outputs = [];
    private readonly HashSet<string> _initializers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _external = new(StringComparer.Ordinal);
    private long _irVersion;
    private string _producer = "";
    private string _producerVersion = "";
    private bool _hasGraph;

    private OnnxSignatureReader(Stream stream) => _cursor = new ProtoCursor(stream);

    /// <summary>Reads a file.</summary>
    /// <exception cref="OnnxFormatException">It is not ONNX, or cut off.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static ModelSignature Read(string path)
    {
        // The cursor has its own buffer; a second one would be filled after every seek.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        return Read(stream);
    }

    /// <summary>Reads a seekable stream from its start.</summary>
    /// <exception cref="OnnxFormatException">It is not ONNX, or cut off.</exception>
    public static ModelSignature Read(Stream stream) => new OnnxSignatureReader(stream).ReadModel();

    private ModelSignature ReadModel()
    {
        while (_cursor.NextField(out int field, out int wireType))
            ModelField(field, wireType);
        if (_irVersion <= 0 || !_hasGraph)
            throw new OnnxFormatException(_hasGraph ? "it has no format version" : "it has no graph");
        if (_outputs.Count == 0)
            throw new OnnxFormatException("its graph has no output");
        return new ModelSignature
        {
            IrVersion = _irVersion,
            Producer = _producer,
            ProducerVersion = _producerVersion,
            Opsets = _opsets,
            Inputs = [.. _inputs.Where(input => !_initializers.Contains(input.Name))],
            Outputs = _outputs,
            ExternalFiles = [.. _external.Select(file => new ExternalFile(file.Key, file.Value))],
        };
    }

    private void ModelField(int field, int wireType)
    {
        switch (field, wireType)
        {
            case (1, ProtoCursor.Varint):
                _irVersion = (long)_cursor.ReadVarint();
                break;
            case (2, ProtoCursor.Bytes):
                _producer = _cursor.ReadText();
                break;
            case (3, ProtoCursor.Bytes):
                _producerVersion = _cursor.ReadText();
                break;
            case (7, ProtoCursor.Bytes):
                _hasGraph = true;
                _cursor.ReadMessage(GraphField);
                break;
            case (8, ProtoCursor.Bytes):
                _opsets.Add(ReadOpset());
                break;
            default:
                _cursor.Skip(wireType);
                break;
        }
    }

    private void GraphField(int field, int wireType)
    {
        switch (field, wireType)
        {
            case (5, ProtoCursor.Bytes):
                ReadInitializer();
                break;
            case (11, ProtoCursor.Bytes):
                _inputs.Add(ReadValueInfo());
                break;
            case (12, ProtoCursor.Bytes):
                _outputs.Add(ReadValueInfo());
                break;
            case (15, ProtoCursor.Bytes):
                _cursor.ReadMessage((sparse, type) =>
                {
                    if ((sparse, type) == (1, ProtoCursor.Bytes))
                        ReadInitializer();
                    else
                        _cursor.Skip(type);
                });
                break;
            default:
                _cursor.Skip(wireType);
                break;
        }
    }

    private OpsetImport ReadOpset()
    {
        string domain = "";
        long version = 0;
        _cursor.ReadMessage((field, wireType) =>
        {
            if ((field, wireType) == (1, ProtoCursor.Bytes))
                domain = _cursor.ReadText();
            else if ((field, wireType) == (2, ProtoCursor.Varint))
                version = (long)_cursor.ReadVarint();
            else
                _cursor.Skip(wireType);
        });
        return new OpsetImport(domain == "ai.onnx" ? "" : domain, version);
    }

    private void ReadInitializer()
    {
        var external = new Dictionary<string, string>(StringComparer.Ordinal);
        bool isExternal = false;
        _cursor.ReadMessage((field, wireType) =>
        {
            switch (field, wireType)
            {
                case (8, ProtoCursor.Bytes):
                    _initializers.Add(_cursor.ReadText());
                    break;
                case (13, ProtoCursor.Bytes):
                    (string key, string value) = ReadEntry();
                    external[key] = value;
                    break;
                case (14, ProtoCursor.Varint):
                    isExternal = _cursor.ReadVarint() == 1;
                    break;
                default:
                    _cursor.Skip(wireType);
                    break;
            }
        });
        if (!isExternal || !external.TryGetValue("location", out string? location))
            return;
        long end = Number(external, "offset") + Number(external, "length");
        _external[location] = Math.Max(end, _external.TryGetValue(location, out long known) ? known : 0);
    }

    private (string Key, string Value) ReadEntry()
    {
        string key = "", value = "";
        _cursor.ReadMessage((field, wireType) =>
        {
            if ((field, wireType) == (1, ProtoCursor.Bytes))
                key = _cursor.ReadText();
            else if ((field, wireType) == (2, ProtoCursor.Bytes))
                value = _cursor.ReadText();
            else
                _cursor.Skip(wireType);
        });
        return (key, value);
    }

    private static long Number(Dictionary<string, string> entries, string key) =>
        entries.TryGetValue(key, out string? text) && long.TryParse(text, out long number) ? number : 0;

    private TensorSignature ReadValueInfo()
    {
        string name = "";
        ElementType type = ElementType.Undefined;
        IReadOnlyList<AxisSignature>? axes = null;
        _cursor.ReadMessage((field, wireType) =>
        {
            if ((field, wireType) == (1, ProtoCursor.Bytes))
                name = _cursor.ReadText();
            else if ((field, wireType) == (2, ProtoCursor.Bytes))
                (type, axes) = new OnnxTypeReader(_cursor).Read();
            else
                _cursor.Skip(wireType);
        });
        return new TensorSignature(name, type, axes);
    }
}
