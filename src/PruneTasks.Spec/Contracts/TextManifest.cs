using PruneTasks.Json;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Contracts;

/// <summary>What the generator needs about texts. Either <see cref="Refusal"/> is set, or all the rest.</summary>
public sealed record TextManifest
{
    /// <summary>Why there are no calls for texts; null where there are.</summary>
    public string? Refusal { get; init; }

    /// <summary>Names of the inputs by their part; tokens are always there.</summary>
    public TextInputs Inputs { get; init; } = new(null, null, null, null);

    /// <summary>Name of the output with the scores or vectors.</summary>
    public string Output { get; init; } = "";

    /// <summary>Most tokens.</summary>
    public int MaxLength { get; init; }

    /// <summary>As <see cref="TextSpec.Truncation"/>.</summary>
    public string Truncation { get; init; } = "right";

    /// <summary><c>mean</c>, <c>cls</c>, <c>last</c> or <c>none</c>.</summary>
    public string Pooling { get; init; } = "none";

    /// <summary>Whether an embedding has length 1.</summary>
    public bool Normalize { get; init; }

    /// <summary>Length of an embedding, or number of tokens of the vocabulary; 0 where the model does not say.</summary>
    public int Width { get; init; }

    /// <summary>Id that fills up.</summary>
    public int Pad { get; init; }

    /// <summary>Ids that end an answer.</summary>
    public IReadOnlyList<int> Stop { get; init; } = [];

    /// <summary>State inputs with the outputs that continue them.</summary>
    public IReadOnlyList<StatePair> States { get; init; } = [];

    /// <summary>How a conversation becomes a prompt, or null.</summary>
    public ChatFormat? Chat { get; init; }

    /// <summary>Kind of the tokenizer; null for none.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Whether a file belongs to the tokenizer, in a resource of its own.</summary>
    public bool TokenizerData { get; init; }
}

/// <summary>The tokenizer's resources.</summary>
/// <param name="Definition">Text of the first.</param>
/// <param name="DataFile">The file that is the second, or null.</param>
/// <param name="Sources">The files that it was read from.</param>
public sealed record TokenizerFile(string Definition, string? DataFile, IReadOnlyList<string> Sources);

/// <summary>The text section of a manifest to JSON and back.</summary>
internal static class TextJson
{
    public static JsonValue Write(TextManifest text) => text.Refusal is not null
        ? JsonValue.Object(("refusal", JsonValue.Of(text.Refusal)))
        : JsonValue.Object(
            ("tokens", JsonValue.Of(text.Inputs.Tokens)),
            ("mask", JsonValue.Of(text.Inputs.Mask)),
            ("segments", JsonValue.Of(text.Inputs.Segments)),
            ("positions", JsonValue.Of(text.Inputs.Positions)),
            ("output", JsonValue.Of(text.Output)),
            ("maxLength", JsonValue.Of(text.MaxLength)),
            ("truncation", JsonValue.Of(text.Truncation)),
            ("pooling", JsonValue.Of(text.Pooling)),
            ("normalize", JsonValue.Of(text.Normalize)),
            ("width", JsonValue.Of(text.Width)),
            ("pad", JsonValue.Of(text.Pad)),
            ("stop", JsonValue.Array(text.Stop.Select(id => JsonValue.Of(id)))),
            ("states", JsonValue.Array(text.States.Select(pair => JsonValue.Object(
                ("past", JsonValue.Of(pair.Past)), ("present", JsonValue.Of(pair.Present)), ("axis", JsonValue.Of(pair.Axis)))))),
            ("chat", text.Chat is { } chat ? Chat(chat) : null),
            ("tokenizer", JsonValue.Of(text.Tokenizer)),
            ("tokenizerData", JsonValue.Of(text.TokenizerData)));

    public static TextManifest Read(JsonValue value) => value.FindString("refusal") is { } refusal
        ? new TextManifest { Refusal = refusal }
        : new TextManifest
        {
            Inputs = new TextInputs(value.RequireString("tokens"), value.FindString("mask"), value.FindString("segments"), value.FindString("positions")),
            Output = value.RequireString("output"),
            MaxLength = value.RequireInt("maxLength"),
            Truncation = value.RequireString("truncation"),
            Pooling = value.RequireString("pooling"),
            Normalize = value.RequireBool("normalize"),
            Width = value.RequireInt("width"),
            Pad = value.RequireInt("pad"),
            Stop = [.. value.RequireArray("stop").Items.Select(id => (int)id.AsLong("stop"))],
            States = [.. value.RequireArray("states").Items.Select(pair => new StatePair(pair.RequireString("past"), pair.RequireString("present"), pair.RequireInt("axis")))],
            Chat = value.FindObject("chat") is { } chat
                ? new ChatFormat(chat.RequireString("system"), chat.RequireString("user"), chat.RequireString("assistant"), chat.RequireString("reply")) : null,
            Tokenizer = value.FindString("tokenizer"),
            TokenizerData = value.RequireBool("tokenizerData"),
        };

    internal static JsonValue Chat(ChatFormat chat) => JsonValue.Object(
        ("system", JsonValue.Of(chat.System)), ("user", JsonValue.Of(chat.User)), ("assistant", JsonValue.Of(chat.Assistant)), ("reply", JsonValue.Of(chat.Reply)));
}
