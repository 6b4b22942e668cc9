using System.Globalization;

namespace PruneTasks.Json;

/// <summary>What a <see cref="JsonValue"/> holds.</summary>
internal enum JsonKind
{
    /// <summary><c>null</c>.</summary>
    Null,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Bool,

    /// <summary>A number, kept as its text.</summary>
    Number,

    /// <summary>A string.</summary>
    String,

    /// <summary>An array.</summary>
    Array,

    /// <summary>An object; its members keep their order.</summary>
    Object,
}

/// <summary>A node of a JSON tree (RFC 8259). Numbers keep their text, members keep their order.</summary>
internal sealed class JsonValue
{
    /// <summary><c>null</c>, without a position.</summary>
    public static readonly JsonValue Null = new(JsonKind.Null);

    private readonly List<JsonValue>? _items;
    private readonly List<KeyValuePair<string, JsonValue>>? _members;

    private JsonValue(
        JsonKind kind,
        string text = "",
        List<JsonValue>? items = null,
        List<KeyValuePair<string, JsonValue>>? members = null,
        int line = 0,
        int column = 0)
    {
        Kind = kind;
        Text = text;
        _items = items;
        _members = members;
        Line = line;
        Column = column;
    }

    /// <summary>What this node holds.</summary>
    public JsonKind Kind { get; }

    /// <summary>The decoded string, the number's text, <c>true</c>/<c>false</c>; empty otherwise.</summary>
    public string Text { get; }

    /// <summary>1-based line where the value starts; 0 when it was not read from text.</summary>
    public int Line { get; }

    /// <summary>1-based column where the value starts; 0 when it was not read from text.</summary>
    public int Column { get; }

    /// <summary>The elements of an array; empty otherwise.</summary>
    public IReadOnlyList<JsonValue> Items => _items ?? (IReadOnlyList<JsonValue>)System.Array.Empty<JsonValue>();

    /// <summary>The members of an object in order; empty otherwise.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonValue>> Members =>
        _members ?? (IReadOnlyList<KeyValuePair<string, JsonValue>>)System.Array.Empty<KeyValuePair<string, JsonValue>>();

    /// <summary>A string, or <c>null</c> for a null reference.</summary>
    public static JsonValue Of(string? text) => text is null ? Null : new(JsonKind.String, text);

    /// <summary>A bool.</summary>
    public static JsonValue Of(bool value) => new(JsonKind.Bool, value ? "true" : "false");

    /// <summary>An integer.</summary>
    public static JsonValue Of(long value) => new(JsonKind.Number, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A finite number in the shortest of 15, 16 or 17 digits that reads back as the same double.</summary>
    /// <exception cref="ArgumentException">JSON has no NaN and no infinity.</exception>
    public static JsonValue Of(double value) => new(JsonKind.Number, JsonNumber.Format(value));

    /// <summary>An array.</summary>
    public static JsonValue Array(IEnumerable<JsonValue> items) =>
        new(JsonKind.Array, items: new List<JsonValue>(items));

    /// <summary>An object; members with a null reference as value are left out.</summary>
    public static JsonValue Object(params (string Name, JsonValue? Value)[] members)
    {
        var list = new List<KeyValuePair<string, JsonValue>>(members.Length);
        foreach ((string name, JsonValue? value) in members)
        {
            if (value is not null)
                list.Add(new KeyValuePair<string, JsonValue>(name, value));
        }

        return new JsonValue(JsonKind.Object, members: list);
    }

    /// <summary>A node read from text at a position.</summary>
    internal static JsonValue Read(
        JsonKind kind,
        string text,
        List<JsonValue>? items,
        List<KeyValuePair<string, JsonValue>>? members,
        int line,
        int column) => new(kind, text, items, members, line, column);

    /// <summary>The member of that name, or null when this is no object or has no such member.</summary>
    public JsonValue? Find(string name)
    {
        if (_members is null)
            return null;
        foreach (KeyValuePair<string, JsonValue> member in _members)
        {
            if (string.Equals(member.Key, name, StringComparison.Ordinal))
                return member.Value;
        }

        return null;
    }
}
