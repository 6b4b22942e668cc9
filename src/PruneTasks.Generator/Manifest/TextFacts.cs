using PruneTasks.Json;

namespace PruneTasks.Generator.Manifest;

/// <summary>The text section: either why there are no calls with texts, or everything about them.</summary>
internal sealed record TextFacts(
    string? Refusal,
    string Tokens,
    string? Mask,
    string? Segments,
    string? Positions,
    string Output,
    int MaxLength,
    string Truncation,
    string Pooling,
    bool Normalize,
    int Width,
    int Pad,
    EquatableArray<int> Stop,
    EquatableArray<StateFacts> States,
    ChatFacts? Chat,
    string? Tokenizer,
    bool TokenizerData)
{
    /// <exception cref="JsonReadException">It is none.</exception>
    public static TextFacts Read(JsonValue text) => text.FindString("refusal") is { } refusal
        ? new TextFacts(refusal, "", null, null, null, "", 0, "right", "none", false, 0, 0, EquatableArray<int>.Empty, EquatableArray<StateFacts>.Empty, null, null, false)
        : new TextFacts(
            null,
            text.RequireString("tokens"),
            text.FindString("mask"),
            text.FindString("segments"),
            text.FindString("positions"),
            text.RequireString("output"),
            Positive(text, "maxLength"),
            Word(text, "truncation", "right", "left", "none"),
            Word(text, "pooling", "none", "mean", "cls", "last"),
            text.RequireBool("normalize"),
            text.RequireInt("width"),
            text.RequireInt("pad"),
            new EquatableArray<int>(text.RequireArray("stop").Items.Select(id => (int)id.AsLong("stop"))),
            new EquatableArray<StateFacts>(text.RequireArray("states").Items.Select(state =>
                new StateFacts(state.RequireString("past"), state.RequireString("present"), state.RequireInt("axis")))),
            text.FindObject("chat") is { } chat
                ? new ChatFacts(chat.RequireString("system"), chat.RequireString("user"), chat.RequireString("assistant"), chat.RequireString("reply")) : null,
            text.FindString("tokenizer"),
            text.RequireBool("tokenizerData"));

    private static int Positive(JsonValue value, string name) =>
        value.RequireInt(name) is > 0 and var number ? number : throw value.Require(name).Error($"\"{name}\" must be above 0");

    private static string Word(JsonValue value, string name, params string[] words)
    {
        string text = value.RequireString(name);
        return words.Contains(text) ? text : throw value.Require(name).Error($"\"{name}\" must be one of {string.Join(", ", words)}");
    }
}

/// <summary>A state of a language model.</summary>
internal sealed record StateFacts(string Past, string Present, int Axis);

/// <summary>Formats of messages; {0} stands for the message.</summary>
internal sealed record ChatFacts(string System, string User, string Assistant, string Reply);
