using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>
/// An input without elements: the caches of a decoder before its first token. It has no content that could not fit, so the data of the dense model, whose caches are wider,
/// serves the pruned one too.
/// </summary>
internal static class EmptyInput
{
    /// <summary>The tensor for a model.</summary>
    /// <param name="input">What the data has.</param>
    /// <param name="declared">Sizes that the model declares; <see langword="null"/> for an open axis.</param>
    public static TensorData Fit(TensorData input, IReadOnlyList<long?> declared) =>
        input.Count > 0 || declared.Count != input.Shape.Count ? input
        : new TensorData(input.Type, [.. input.Shape.Zip(declared, (size, model) => size == 0 ? 0 : model ?? size)], ReadOnlyMemory<byte>.Empty);
}
