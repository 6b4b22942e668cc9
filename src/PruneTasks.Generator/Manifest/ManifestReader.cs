using PruneTasks.Json;

namespace PruneTasks.Generator.Manifest;

/// <summary>Reads a manifest (version 1). Members that this version does not know are left alone.</summary>
internal static class ManifestReader
{
    private const int NewestVersion = 1;

    /// <exception cref="JsonReadException">The text is no manifest; carries the position.</exception>
    public static ModelManifest Read(string text)
    {
        JsonValue root = JsonReader.Read(text);
        root.RequireVersion(NewestVersion);
        return new ModelManifest(
            Filled(root, "name"),
            Filled(root, "class"),
            root.FindString("namespace"),
            Filled(root, "task"),
            Filled(root, "resource"),
            Tensors(root.RequireArray("inputs")),
            Tensors(root.RequireArray("outputs")),
            root.FindArray("labels") is { Items.Count: > 0 } labels
                ? new EquatableArray<string>(labels.Items.Select(label => label.AsString("labels")))
                : null,
            root.FindObject("image") is { } image ? Image(image) : null,
            root.FindObject("text") is { } section ? TextFacts.Read(section) : null,
            root.Find("public") is { Kind: not JsonKind.Null } && root.RequireBool("public"),
            root.FindObject("card") is { } card ? Card(card) : null);
    }

    private static CardFacts Card(JsonValue card) => new(
        card.FindString("name"), card.FindString("version"), card.FindString("license"), card.FindString("author"), card.FindString("source"), card.FindString("description"));

    private static EquatableArray<TensorFacts> Tensors(JsonValue list)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        List<TensorFacts> tensors = [];
        foreach (JsonValue item in list.Items)
        {
            string name = item.RequireString("name");
            if (!names.Add(name))
                throw item.Error($"tensor \"{name}\" is given twice");
            tensors.Add(new TensorFacts(name, Filled(item, "type"),
                item.FindArray("shape") is { } shape ? new EquatableArray<AxisFacts>(shape.Items.Select(Axis)) : null));
        }
        return new EquatableArray<TensorFacts>(tensors);
    }

    private static AxisFacts Axis(JsonValue axis)
    {
        if (axis.Kind == JsonKind.Null)
            return new AxisFacts(null, null);
        if (axis.Kind == JsonKind.String)
            return new AxisFacts(null, axis.Text.Length == 0 ? null : axis.Text);
        return new AxisFacts(Whole(axis, "shape", 0), null);
    }

    private static ImageFacts Image(JsonValue image)
    {
        ImageFacts facts = new(
            Whole(image.Require("width"), "width", 1),
            Whole(image.Require("height"), "height", 1),
            Word(image, "color", "rgb", "bgr", "gray"),
            Word(image, "layout", "nchw", "nhwc"),
            image.RequireDouble("scale"),
            Numbers(image, "mean"),
            Numbers(image, "std"),
            Word(image, "resize", "shortest-edge", "stretch", "letterbox", "none"),
            Word(image, "interpolation", "bilinear", "box", "hamming", "bicubic", "lanczos", "nearest"),
            image.Find("pad") is { } pad ? Whole(pad, "pad", 0) : 0,
            image.FindString("crop") is null ? "none" : Word(image, "crop", "center", "none"));
        CheckCount(image, "mean", facts.Mean, facts.Channels);
        CheckCount(image, "std", facts.Std, facts.Channels);
        if (facts.Pad > 255)
            throw image.Require("pad").Error("\"pad\" must be 0 to 255");
        if ((long)facts.Width * facts.Height > int.MaxValue / facts.Channels)
            throw image.Error("\"image\" has more values than an array can hold");
        for (int i = 0; i < facts.Std.Count; i++)
        {
            if (facts.Std[i] == 0)
                throw image.Require("std").Error("\"std\" must not hold 0");
        }
        return facts;
    }

    private static void CheckCount(JsonValue image, string name, EquatableArray<double> values, int channels)
    {
        if (values.Count > 1 && values.Count != channels)
            throw image.Require(name).Error($"\"{name}\" has {values.Count} values for {channels} channels");
    }

    private static EquatableArray<double> Numbers(JsonValue image, string name)
    {
        if (image.FindArray(name) is not { } list)
            return EquatableArray<double>.Empty;
        double[] numbers = new double[list.Items.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = list.Items[i].AsDouble(name);
        return new EquatableArray<double>(numbers);
    }

    private static string Filled(JsonValue value, string name)
    {
        string text = value.RequireString(name);
        return text.Length > 0 ? text : throw value.Require(name).Error($"\"{name}\" is empty");
    }

    private static string Word(JsonValue value, string name, params string[] words)
    {
        string text = value.RequireString(name);
        return words.Contains(text) ? text : throw value.Require(name).Error($"\"{name}\" must be one of {string.Join(", ", words)}");
    }

    private static int Whole(JsonValue value, string name, int least)
    {
        long number = value.AsLong(name);
        return number >= least && number <= int.MaxValue
            ? (int)number
            : throw value.Error($"\"{name}\" must be from {least} to {int.MaxValue}");
    }
}
