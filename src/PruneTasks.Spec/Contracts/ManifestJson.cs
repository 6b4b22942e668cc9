using PruneTasks.Json;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Contracts;

/// <summary>Manifest to JSON and back.</summary>
internal static class ManifestJson
{
    public static string Write(ModelManifest manifest) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(manifest.Version)),
        ("name", JsonValue.Of(manifest.Name)),
        ("class", JsonValue.Of(manifest.ClassName)),
        ("namespace", JsonValue.Of(manifest.Namespace)),
        ("task", JsonValue.Of(manifest.Task.ToWord())),
        ("resource", JsonValue.Of(manifest.Resource)),
        ("inputs", JsonValue.Array(manifest.Inputs.Select(Tensor))),
        ("outputs", JsonValue.Array(manifest.Outputs.Select(Tensor))),
        ("labels", manifest.Labels is { } labels ? JsonValue.Array(labels.Select(JsonValue.Of)) : null),
        ("image", manifest.Image is { } image ? Image(image) : null),
        ("text", manifest.Text is { } text ? TextJson.Write(text) : null),
        ("public", manifest.Public ? JsonValue.Of(true) : null),
        ("card", manifest.Card is { } card ? Card(card) : null)));

    public static ModelManifest Read(JsonValue root) => new()
    {
        Version = root.RequireVersion(1),
        Name = root.RequireString("name"),
        ClassName = root.RequireString("class"),
        Namespace = root.FindString("namespace"),
        Task = ModelTaskWords.FromWord(root.RequireString("task"))
            ?? throw root.Require("task").Error($"\"{root.RequireString("task")}\" is no task"),
        Resource = root.RequireString("resource"),
        Inputs = [.. root.RequireArray("inputs").Items.Select(Tensor)],
        Outputs = [.. root.RequireArray("outputs").Items.Select(Tensor)],
        Labels = root.FindArray("labels") is { } labels ? [.. labels.Items.Select(label => label.AsString("labels"))] : null,
        Image = root.FindObject("image") is { } image ? Image(image) : null,
        Text = root.FindObject("text") is { } text ? TextJson.Read(text) : null,
        Public = root.Find("public") is { Kind: not JsonKind.Null } && root.RequireBool("public"),
        Card = root.FindObject("card") is { } card ? Card(card) : null,
    };

    private static JsonValue Card(CardSpec card) => JsonValue.Object(
        ("name", Optional(card.Name)),
        ("version", Optional(card.Version)),
        ("license", Optional(card.License)),
        ("author", Optional(card.Author)),
        ("source", Optional(card.Source)),
        ("description", Optional(card.Description)));

    private static CardSpec Card(JsonValue card) => new(
        card.FindString("name"), card.FindString("version"), card.FindString("license"), card.FindString("author"), card.FindString("source"), card.FindString("description"));

    private static JsonValue? Optional(string? text) => text is null ? null : JsonValue.Of(text);

    private static JsonValue Tensor(TensorSignature tensor) => JsonValue.Object(
        ("name", JsonValue.Of(tensor.Name)),
        ("type", JsonValue.Of(tensor.ElementType.ToName())),
        ("shape", tensor.Axes is { } axes ? JsonValue.Array(axes.Select(Axis)) : JsonValue.Null));

    private static JsonValue Axis(AxisSignature axis) => axis.Length is { } length ? JsonValue.Of(length) : JsonValue.Of(axis.Symbol);

    private static TensorSignature Tensor(JsonValue value) => new(
        value.RequireString("name"),
        ElementTypeNames.FromName(value.RequireString("type"))
            ?? throw value.Require("type").Error($"\"{value.RequireString("type")}\" is no element type"),
        value.FindArray("shape") is { } shape ? [.. shape.Items.Select(Axis)] : null);

    private static AxisSignature Axis(JsonValue value) => value.Kind switch
    {
        JsonKind.Null => new AxisSignature(null, null),
        JsonKind.String => new AxisSignature(null, value.Text),
        _ => new AxisSignature(value.AsLong("shape"), null),
    };

    /// <summary>The image section, in the order of docs/spec.md; the canonical spec has it in the same form.</summary>
    internal static JsonValue Image(ImageSpec image) => JsonValue.Object(
        ("width", image.Width is { } width ? JsonValue.Of(width) : null),
        ("height", image.Height is { } height ? JsonValue.Of(height) : null),
        ("color", JsonValue.Of(image.Color)),
        ("layout", JsonValue.Of(image.Layout)),
        ("scale", JsonValue.Of(image.Scale)),
        ("mean", JsonValue.Array(image.Mean.Select(JsonValue.Of))),
        ("std", JsonValue.Array(image.Std.Select(JsonValue.Of))),
        ("resize", JsonValue.Of(image.Resize)),
        ("interpolation", JsonValue.Of(image.Interpolation)),
        // Only where there are bars: what has none is written as it always was, and keeps its place in caches.
        ("pad", image.Resize == "letterbox" ? JsonValue.Of(image.Pad) : null),
        ("crop", JsonValue.Of(image.Crop)));

    private static ImageSpec Image(JsonValue value) => new()
    {
        Width = value.RequireInt("width"),
        Height = value.RequireInt("height"),
        Color = value.RequireString("color"),
        Layout = value.RequireString("layout"),
        Scale = value.RequireDouble("scale"),
        Mean = [.. value.RequireArray("mean").Items.Select(item => item.AsDouble("mean"))],
        Std = [.. value.RequireArray("std").Items.Select(item => item.AsDouble("std"))],
        Resize = value.RequireString("resize"),
        Interpolation = value.RequireString("interpolation"),
        Pad = value.Find("pad") is null ? 0 : value.RequireInt("pad"),
        Crop = value.RequireString("crop"),
    };
}
