using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Evaluation;

/// <summary>
/// A model as it is run and read again: bytes in memory with all weights inside or, where the model works with a <see cref="TensorStore"/>, a small file in the store's
/// folder that refers to its weights there. Of the second kind a copy costs what was edited, and ONNX Runtime maps the rest.
/// </summary>
internal sealed class ModelImage
{
    private readonly byte[]? _bytes;
    private readonly string _path;
    private readonly TensorStore? _store;

    private ModelImage(byte[] bytes) => (_bytes, _path, Length) = (bytes, "", bytes.Length);

    private ModelImage(string path, TensorStore store, long length) => (_path, _store, Length) = (path, store, length);

    /// <summary>A model in memory.</summary>
    public static implicit operator ModelImage(byte[] bytes) => new(bytes);

    /// <summary>The model as it is now.</summary>
    public static ModelImage Of(OnnxModel model)
    {
        if (model.Store is not { } store) return OnnxWriter.ToBytes(model);
        // Directly in the folder: references lead down only.
        string path = Path.Combine(store.Folder, Path.GetFileName(store.NewPath(".onnx")));
        OnnxWriter.SaveReferring(model, path, store);
        return new ModelImage(path, store, OnnxWriter.LengthInOne(model));
    }

    /// <summary>Bytes of one file with all weights inside; more than one file can have, perhaps.</summary>
    public long Length { get; }

    /// <summary>Where its weights are; <see langword="null"/> in memory.</summary>
    public TensorStore? Store => _store;

    /// <summary>The ONNX file; of a model with a store what refers to the weights.</summary>
    public byte[] Bytes => _bytes ?? File.ReadAllBytes(_path);

    /// <summary>Reads it.</summary>
    /// <param name="store">Where edits of the copy go; by default into its own store.</param>
    public OnnxModel Load(TensorStore? store = null) => _store is null ? OnnxReader.Load(_bytes!) : OnnxReader.Load(Bytes, _store.Folder, store ?? _store);

    /// <summary>Loads it into ONNX Runtime.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="threads">Threads inside one operator; 0 for all cores.</param>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses it.</exception>
    public OrtSession Open(string name, int threads) => _store is null ? OrtSession.Load(_bytes!, name, threads) : OrtSession.LoadMapped(_path, name, threads);
}
