namespace PruneTasks.Spec.Onnx;

/// <summary>What an ONNX file says about itself without its weights.</summary>
public sealed record ModelSignature
{
    /// <summary>Version of the file format (ModelProto.ir_version).</summary>
    public required long IrVersion { get; init; }

    /// <summary>The program that wrote the file; may be empty.</summary>
    public required string Producer { get; init; }

    /// <summary>The version of that program; may be empty.</summary>
    public required string ProducerVersion { get; init; }

    /// <summary>The operator sets in use.</summary>
    public required IReadOnlyList<OpsetImport> Opsets { get; init; }

    /// <summary>The inputs that a caller must give: those of the graph without initializers.</summary>
    public required IReadOnlyList<TensorSignature> Inputs { get; init; }

    /// <summary>The outputs of the graph.</summary>
    public required IReadOnlyList<TensorSignature> Outputs { get; init; }

    /// <summary>State inputs with the outputs that continue them; filled for language models only.</summary>
    public IReadOnlyList<StatePair> States { get; init; } = [];

    /// <summary>The files beside the model that hold weights.</summary>
    public required IReadOnlyList<ExternalFile> ExternalFiles { get; init; }
}

/// <summary>An operator set.</summary>
/// <param name="Domain">Empty for ONNX's own operators (also written <c>ai.onnx</c>).</param>
/// <param name="Version">Its version.</param>
public sealed record OpsetImport(string Domain, long Version);

/// <summary>An input or output.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="ElementType">Type of the elements, or why it is no dense tensor.</param>
/// <param name="Axes">Its axes; empty for a scalar, null when not even their number is known.</param>
public sealed record TensorSignature(string Name, ElementType ElementType, IReadOnlyList<AxisSignature>? Axes);

/// <summary>An axis: a length, a symbol, or neither.</summary>
/// <param name="Length">The length when it is fixed, at least 0.</param>
/// <param name="Symbol">The name when it is not fixed but named.</param>
public readonly record struct AxisSignature(long? Length, string? Symbol)
{
    /// <summary>The length in digits, the symbol, or <c>?</c>.</summary>
    public override string ToString() => Length is { } length
        ? length.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : Symbol ?? "?";
}

/// <summary>A file of external data (onnx.proto, TensorProto.external_data).</summary>
/// <param name="Location">Path relative to the folder of the model, as written there.</param>
/// <param name="Bytes">The tensors reach to here as far as the model tells.</param>
public sealed record ExternalFile(string Location, long Bytes);

/// <summary>A file that is not ONNX, or is cut off.</summary>
public sealed class OnnxFormatException : Exception
{
    /// <summary>What is wrong, as the end of a sentence.</summary>
    public OnnxFormatException(string message)
        : base(message)
    {
    }
}
