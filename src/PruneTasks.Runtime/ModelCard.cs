namespace PruneTasks;

/// <summary>What a model is and where it comes from: the spec's <c>card</c> section, and what pruning did.</summary>
public sealed record ModelCard
{
    /// <summary>The model's name: <c>card.name</c>, or the stem of the spec.</summary>
    public required string Name { get; init; }

    /// <summary>The task, by the spec's word.</summary>
    public required string Task { get; init; }

    /// <summary>Version of the model, or null.</summary>
    public string? Version { get; init; }

    /// <summary>Licence of the model, best as an SPDX expression, or null.</summary>
    public string? License { get; init; }

    /// <summary>Who made the model, or null.</summary>
    public string? Author { get; init; }

    /// <summary>Where the dense model comes from, or null.</summary>
    public string? Source { get; init; }

    /// <summary>A few words on the model, or null.</summary>
    public string? Description { get; init; }

    /// <summary>What pruning did; null where the app was built without pruning (<c>PruneTasksEnabled=false</c>).</summary>
    public PruningFacts? Pruning { get; init; }
}

/// <summary>What pruning did to a model, measured by the build.</summary>
public sealed record PruningFacts
{
    /// <summary>SHA-256 of the dense ONNX file, lower-case hexadecimal; null where it is not known.</summary>
    public string? DenseSha256 { get; init; }

    /// <summary>SHA-256 of the pruned ONNX file, lower-case hexadecimal.</summary>
    public required string PrunedSha256 { get; init; }

    /// <summary>What the dense model costs.</summary>
    public required ModelSize Dense { get; init; }

    /// <summary>What the pruned model costs.</summary>
    public required ModelSize Pruned { get; init; }

    /// <summary>Share of held-back samples with the same first class as the dense model, 0..1; null where it was not measured.</summary>
    public double? Agreement { get; init; }

    /// <summary>Mean KL divergence from the dense model's answers on held-back samples, in nats; null where it was not measured.</summary>
    public double? Kl { get; init; }
}

/// <summary>What a model costs.</summary>
/// <param name="Bytes">Size of the file in bytes.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Macs">Multiply-accumulates of one sample.</param>
public sealed record ModelSize(long Bytes, long Parameters, long Macs);
