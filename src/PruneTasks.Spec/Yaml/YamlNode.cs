using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Yaml;

/// <summary>What a <see cref="YamlNode"/> is.</summary>
internal enum YamlKind
{
    /// <summary>Text.</summary>
    Scalar,

    /// <summary>A list.</summary>
    Sequence,

    /// <summary>Keys and values.</summary>
    Mapping,
}

/// <summary>A node of a YAML document that knows its place.</summary>
internal sealed record YamlNode(YamlKind Kind, SourceSpan Span)
{
    /// <summary>The text of a scalar.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether a scalar is written without quotes, so that it may be a number, a bool or null.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether this is an alias, which was reported and has no value.</summary>
    public bool IsRefused { get; init; }

    /// <summary>The elements of a sequence.</summary>
    public IReadOnlyList<YamlNode> Items { get; init; } = [];

    /// <summary>The entries of a mapping in order; keys may be given twice.</summary>
    public IReadOnlyList<(YamlNode Key, YamlNode Value)> Entries { get; init; } = [];

    /// <summary>Whether this is an empty value (YAML 1.2 core schema: nothing, <c>~</c> or <c>null</c>).</summary>
    public bool IsNull => Kind == YamlKind.Scalar && IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>What stands here, in words.</summary>
    public string InWords()
    {
        if (IsNull)
            return "nothing";
        return Kind switch
        {
            YamlKind.Sequence => "a list",
            YamlKind.Mapping => "a section",
            _ => (IsPlain ? "'" : "the text '") + (Text.Length > 60 ? Text.Substring(0, 57) + "..." : Text) + "'",
        };
    }
}
