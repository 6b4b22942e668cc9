using System.ComponentModel;

namespace PruneTasks.Text;

/// <summary>How the vectors of a text's tokens become one.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum TextPooling
{
    /// <summary>The output is one vector per text.</summary>
    None = 0,

    /// <summary>Their mean, padding left out.</summary>
    Mean = 1,

    /// <summary>That of the first token.</summary>
    Cls = 2,

    /// <summary>That of the last token.</summary>
    Last = 3,
}

/// <summary>A state of a language model: the input, the output that continues it, and the axis that grows; -1 for a state of fixed size.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record StateNames(string Past, string Present, int Axis);

/// <summary>What generated code knows about a model that takes texts.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TextSettings
{
    /// <summary>Name of the input with token ids.</summary>
    public required string Tokens { get; init; }

    /// <summary>Name of the input that is 1 for tokens and 0 for padding, or null.</summary>
    public string? Mask { get; init; }

    /// <summary>Name of the input with sentence numbers, or null.</summary>
    public string? Segments { get; init; }

    /// <summary>Name of the input with places, or null.</summary>
    public string? Positions { get; init; }

    /// <summary>Name of the output with scores or vectors.</summary>
    public required string Output { get; init; }

    /// <summary>Most tokens.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Where a text that is too long is cut.</summary>
    public TextTruncation Truncation { get; init; }

    /// <summary>How vectors become one.</summary>
    public TextPooling Pooling { get; init; }

    /// <summary>Whether an embedding has length 1.</summary>
    public bool Normalize { get; init; }

    /// <summary>The id that fills up.</summary>
    public int Pad { get; init; }

    /// <summary>Ids that end an answer.</summary>
    public int[] Stop { get; init; } = [];

    /// <summary>The states of a language model.</summary>
    public StateNames[] States { get; init; } = [];
}
