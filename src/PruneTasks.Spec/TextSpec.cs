namespace PruneTasks.Spec;

/// <summary>How texts become token ids, and what becomes of the output; words are those of docs/spec.md.</summary>
public sealed record TextSpec
{
    /// <summary>The tokenizer's file or folder; null for token ids only.</summary>
    public SpecPath? Tokenizer { get; init; }

    /// <summary><c>auto</c>, or what the file is.</summary>
    public string Format { get; init; } = "auto";

    /// <summary>Whether texts are lowercased, for a vocab.txt.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>Pattern of a .tiktoken file, or null.</summary>
    public string? Pattern { get; init; }

    /// <summary>Most tokens of a text; null lets the model or the tokenizer decide.</summary>
    public int? MaxLength { get; init; }

    /// <summary><c>right</c>, <c>left</c> or <c>none</c>.</summary>
    public string Truncation { get; init; } = "right";

    /// <summary>Tokens in front of every text; null for those of the file.</summary>
    public IReadOnlyList<string>? Start { get; init; }

    /// <summary>Tokens behind every text; null for those of the file.</summary>
    public IReadOnlyList<string>? End { get; init; }

    /// <summary>Id that fills up; null for that of the file.</summary>
    public int? Pad { get; init; }

    /// <summary>Tokens that end an answer; null for the usual ones.</summary>
    public IReadOnlyList<string>? Stop { get; init; }

    /// <summary><c>auto</c>, <c>mean</c>, <c>cls</c>, <c>last</c> or <c>none</c>.</summary>
    public string Pooling { get; init; } = "auto";

    /// <summary>Whether an embedding has length 1.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Name of the output; null for the first that fits.</summary>
    public string? Output { get; init; }

    /// <summary>Names of the inputs by their part in the text, as far as the spec gives them.</summary>
    public TextInputs Inputs { get; init; } = new(null, null, null, null);

    /// <summary>How a conversation becomes a prompt, or null.</summary>
    public ChatFormat? Chat { get; init; }
}

/// <summary>Names of inputs.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Mask">1 for tokens, 0 for padding.</param>
/// <param name="Segments">Number of the sentence.</param>
/// <param name="Positions">Place of each token.</param>
public sealed record TextInputs(string? Tokens, string? Mask, string? Segments, string? Positions);

/// <summary>Formats of messages; {0} stands for the message.</summary>
/// <param name="System">Of the system.</param>
/// <param name="User">Of the user.</param>
/// <param name="Assistant">Of the model.</param>
/// <param name="Reply">What comes before the answer.</param>
public sealed record ChatFormat(string System, string User, string Assistant, string Reply);
