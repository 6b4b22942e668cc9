using PruneTasks.Json;

namespace PruneTasks.Spec.Table;

/// <summary>What a key of the spec holds.</summary>
internal enum SpecKind
{
    /// <summary>A mapping of further keys; or one of <see cref="SpecKey.Words"/>, where it has some.</summary>
    Section,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A text for people; numbers are read as they are written.</summary>
    Text,

    /// <summary>A path, relative to the folder of the spec.</summary>
    Path,

    /// <summary>A C# identifier.</summary>
    Identifier,

    /// <summary>C# identifiers separated by dots.</summary>
    Namespace,

    /// <summary>One of <see cref="SpecKey.Words"/>.</summary>
    Word,

    /// <summary>A path, or a list of names.</summary>
    Labels,

    /// <summary>A list of names or numbers.</summary>
    Names,

    /// <summary>[height, width], or one number for both.</summary>
    Size,

    /// <summary>One number per channel, or one number for all.</summary>
    PerChannel,
}

/// <summary>An allowed word and what it means.</summary>
internal sealed record SpecWord(string Word, string Meaning);

/// <summary>A key of the spec: a row of <see cref="SpecTable"/>. Ranges are those of each number in the value.</summary>
internal sealed record SpecKey(string Path, SpecKind Kind, string Description)
{
    /// <summary>The last part of the path.</summary>
    public string Name => Path.Substring(Path.LastIndexOf('.') + 1);

    /// <summary>The value when the key is absent, as JSON; null when there is none or it is not a constant.</summary>
    public string? Default { get; init; }

    /// <summary>The default in words where it is not a constant.</summary>
    public string? DefaultInWords { get; init; }

    /// <summary>Whether the key must be there.</summary>
    public bool Required { get; init; }

    /// <summary>A value that shows the use, as YAML.</summary>
    public string? Example { get; init; }

    /// <summary>Smallest number.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest number.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether <see cref="Min"/> itself is refused.</summary>
    public bool AboveMin { get; init; }

    /// <summary>Whether <see cref="Max"/> itself is refused.</summary>
    public bool BelowMax { get; init; }

    /// <summary>Whether a text in quotes may be empty, or white space alone.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>The allowed words.</summary>
    public IReadOnlyList<SpecWord> Words { get; init; } = [];

    /// <summary>The keys of a section.</summary>
    public IReadOnlyList<SpecKey> Keys { get; init; } = [];

    /// <summary>The default as JSON.</summary>
    public JsonValue? DefaultValue => Default is null ? null : JsonReader.Read(Default);

    /// <summary>Whether a number is in range.</summary>
    public bool Allows(double number) =>
        (AboveMin ? number > Min : number >= Min) && (BelowMax ? number < Max : number <= Max);

    /// <summary>This key and all below it, in order.</summary>
    public IEnumerable<SpecKey> All() => new[] { this }.Concat(Keys.SelectMany(key => key.All()));
}
