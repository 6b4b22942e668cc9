using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What is added to the scores of an attention layer.</summary>
public enum TermKind
{
    /// <summary>A query sees no later key.</summary>
    Causal,

    /// <summary>Keys that count, in a form of the operator.</summary>
    Mask,

    /// <summary>Numbers.</summary>
    Bias,
}

/// <summary>One term of the scores.</summary>
/// <param name="Name">Of the value that is added.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Source">Name of the operator's input it was made from; <see langword="null"/> for none.</param>
public sealed record AttentionTerm(string Name, TermKind Kind, string? Source);

/// <summary>An attention operator that was taken apart, for <see cref="AttentionFusing"/> to put together again.</summary>
/// <param name="OpType">Operator.</param>
/// <param name="Domain">Its domain.</param>
/// <param name="Weights">Name of the result of its Softmax now.</param>
/// <param name="Attributes">As they were.</param>
/// <param name="Terms">What is added to the scores, in order.</param>
public sealed record FusedAttention(string OpType, string Domain, string Weights, IReadOnlyDictionary<string, AttributeData> Attributes, IReadOnlyList<AttentionTerm> Terms)
{
    /// <summary>Name of what the operator gave.</summary>
    public required string Result { get; init; }

    /// <summary>Names of queries, keys and values as they are split into heads, [batch, heads, length, width], before anything else is done to them.</summary>
    public required IReadOnlyList<string> Roles { get; init; }
}
