using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>Writes models. What was not touched since reading comes out byte for byte as it was (docs/decisions/0002).</summary>
public static class OnnxWriter
{
    /// <summary>Writes <paramref name="model"/> to <paramref name="path"/>. External files that it still refers to are copied beside it if it moves to another folder.</summary>
    /// <exception cref="InvalidOperationException">The model would be larger than the 2 GB that protobuf allows.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(OnnxModel model, string path)
    {
        using (FileStream stream = File.Create(path)) Save(model, stream);
        CopyExternalFiles(model, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Writes <paramref name="model"/> to <paramref name="stream"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stream">Where to; stays open.</param>
    /// <param name="inlineExternalData">Moves weights that lie in other files into this one.</param>
    /// <exception cref="InvalidOperationException">The model would be larger than the 2 GB that protobuf allows.</exception>
    public static void Save(OnnxModel model, Stream stream, bool inlineExternalData = false)
    {
        Write(Build(model, Mode(inlineExternalData)), stream);
    }

    /// <summary>Writes a model that refers to its weights in a store.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">Directly in the folder of <paramref name="store"/>.</param>
    /// <param name="store">Takes the contents that lie nowhere yet.</param>
    /// <exception cref="InvalidOperationException">What is no initializer is larger than the 2 GB that protobuf allows.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void SaveReferring(OnnxModel model, string path, TensorStore store)
    {
        using FileStream stream = File.Create(path);
        Write(Build(model, WriteMode.By(new StoreLayout(store))), stream);
    }

    /// <summary>Writes a model in two files: initializers from 4 KiB on, in their order, in one file beside the model (ONNX, "External data"); aligned so that they can be mapped.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">Its file; the other one is written first and has <paramref name="suffix"/> behind that name.</param>
    /// <param name="suffix">Ending of the other file.</param>
    /// <exception cref="InvalidOperationException">What is no initializer is larger than the 2 GB that protobuf allows.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void SaveInTwo(OnnxModel model, string path, string suffix)
    {
        var layout = new SidecarLayout(Path.GetFileName(path) + suffix);
        WireBuilder head = Build(model, WriteMode.By(layout));
        using (FileStream data = File.Create(path + suffix))
        {
            foreach ((long offset, ReadOnlyMemory<byte> content) in layout.Parts)
            {
                data.Position = offset;
                data.Write(content.Span);
            }
        }
        using FileStream stream = File.Create(path);
        Write(head, stream);
    }

    /// <summary>Bytes of the file if all weights lay inside; may be more than one can have.</summary>
    public static long LengthInOne(OnnxModel model) => Parts(model, WriteMode.Inside).Length;

    private static WriteMode Mode(bool inlineExternalData) => inlineExternalData ? WriteMode.Inside : WriteMode.AsRead;

    private static void Write(WireBuilder file, Stream stream)
    {
        foreach (ReadOnlyMemory<byte> part in file.Parts) stream.Write(part.Span);
    }

    /// <summary>The bytes of an ONNX file.</summary>
    /// <inheritdoc cref="Save(OnnxModel, Stream, bool)"/>
    public static byte[] ToBytes(OnnxModel model, bool inlineExternalData = false)
    {
        WireBuilder built = Build(model, Mode(inlineExternalData));
        var bytes = new byte[built.Length];
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in built.Parts)
        {
            part.CopyTo(bytes.AsMemory(at));
            at += part.Length;
        }
        return bytes;
    }

    private static WireBuilder Parts(OnnxModel model, WriteMode mode) => model.Wire is { } loaded ? Edited(model, loaded, mode) : New(model, mode);

    private static WireBuilder Build(OnnxModel model, WriteMode mode)
    {
        WireBuilder file = Parts(model, mode);
        return file.Length <= int.MaxValue ? file : throw new InvalidOperationException($"the model would have {file.Length} bytes; protobuf allows 2 GB");
    }

    private static WireBuilder Edited(OnnxModel model, LoadedModel loaded, WriteMode mode)
    {
        var file = new WireBuilder();
        if (mode == WriteMode.AsRead && IsUntouched(model.Graph))
        {
            file.Raw(loaded.Message.Bytes);
            return file;
        }
        foreach (WireField field in loaded.Message.Fields)
        {
            if (field.Number == ModelFields.Graph) file.Message(ModelFields.Graph, GraphWriter.Write(model.Graph, mode));
            else file.Raw(loaded.Message.Raw(field));
        }
        return file;
    }

    private static WireBuilder New(OnnxModel model, WriteMode mode)
    {
        var file = new WireBuilder();
        file.Int(ModelFields.IrVersion, model.IrVersion);
        if (model.ProducerName.Length > 0) file.Text(ModelFields.ProducerName, model.ProducerName);
        file.Message(ModelFields.Graph, GraphWriter.Write(model.Graph, mode));
        foreach ((string domain, long version) in model.Opsets.OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            var opset = new WireBuilder();
            opset.Text(OpsetFields.Domain, domain);
            opset.Int(OpsetFields.Version, version);
            file.Message(ModelFields.OpsetImport, opset);
        }
        return file;
    }

    // Lengths in a file may be written in more bytes than needed, and nodes out of order: only what is untouched as a whole is copied as a whole.
    private static bool IsUntouched(Graph graph)
    {
        LoadedGraph loaded = graph.Wire!;
        HashSet<object> known = [.. loaded.Owners.OfType<object>()];
        return loaded.Owners.OfType<Node>().All(graph.Contains)
            && graph.Inputs.All(known.Contains)
            && !graph.HasNewOutputs
            && graph.Outputs.Count == loaded.Message.Fields.Count(f => f.Number == GraphFields.Output)
            && graph.Nodes.All(n => !n.IsModified && known.Contains(n))
            && loaded.Owners.OfType<Value>().All(v => graph.Values.TryGetValue(v.Name, out Value? now) && now == v && !v.IsShapeForgotten && !v.IsDeclaredAnew)
            && graph.Initializers.All(v => v.Wire is { } i && ReferenceEquals(i.Constant, v.Constant));
    }

    private static void CopyExternalFiles(OnnxModel model, string folder)
    {
        if (model.Wire is not { External: { Folder: { } from } external } || from == folder) return;
        foreach (string location in external.Locations)
        {
            string to = Path.Combine(folder, location);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(from, location), to, overwrite: true);
        }
    }
}
