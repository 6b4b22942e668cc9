using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Contracts;

/// <summary>The outcome of one run of the worker: <c>result.json</c>. Of a failed run only name and diagnostics are sure.</summary>
public sealed record PruneResult
{
    /// <summary>Version of the contract, 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Whether the files were written.</summary>
    public required bool Success { get; init; }

    /// <summary>Name of the spec.</summary>
    public required string Name { get; init; }

    /// <summary>What was written; null when nothing was.</summary>
    public ResultFiles? Files { get; init; }

    /// <summary>SHA-256 of the pruned model in lower-case hexadecimal.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>Length of the pruned model's ONNX file, in bytes.</summary>
    public long? ModelBytes { get; init; }

    /// <summary>SHA-256 of <see cref="ResultFiles.Data"/> in lower-case hexadecimal; null without such a file.</summary>
    public string? DataSha256 { get; init; }

    /// <summary>Length of <see cref="ResultFiles.Data"/>, in bytes; null without such a file.</summary>
    public long? DataBytes { get; init; }

    /// <summary>Cost before.</summary>
    public ModelCost? Dense { get; init; }

    /// <summary>Cost after.</summary>
    public ModelCost? Pruned { get; init; }

    /// <summary>Share of held-back samples with the same top-1 as the dense model, 0 to 1.</summary>
    public double? Agreement { get; init; }

    /// <summary>Mean KL divergence of the pruned from the dense distribution on held-back samples, in nats.</summary>
    public double? Kl { get; init; }

    /// <summary>One line for the log.</summary>
    public required string Summary { get; init; }

    /// <summary>Everything that was reported.</summary>
    public IReadOnlyList<PruneDiagnostic> Diagnostics { get; init; } = [];

    /// <summary>The text of the file.</summary>
    public string ToJson() => ResultJson.Write(this);

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="ContractFormatException">It is no result of a known version.</exception>
    public static PruneResult Parse(string json) => ContractFormatException.Guard("result", json, ResultJson.Read);
}

/// <summary>The files of a result, as paths.</summary>
/// <param name="Model">The pruned ONNX file.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Report">report.json.</param>
/// <param name="Html">report.html.</param>
public sealed record ResultFiles(string Model, string Manifest, string Report, string Html)
{
    /// <summary>What the name of <see cref="Data"/> has behind that of <see cref="Model"/>.</summary>
    public const string DataSuffix = ".data";

    /// <summary>
    /// Weights of a model that is larger than one ONNX file can be (2 GB): the one file that <see cref="Model"/> refers to (ONNX, "External data"). It has to lie in the
    /// same folder under this very name: the model names it. Null where the model has all its weights inside.
    /// </summary>
    public string? Data { get; init; }
}

/// <summary>What a model costs.</summary>
/// <param name="Bytes">Size of the file, with that of the weights in other files.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Macs">Multiply-accumulates of one sample.</param>
public sealed record ModelCost(long Bytes, long Parameters, long Macs);
