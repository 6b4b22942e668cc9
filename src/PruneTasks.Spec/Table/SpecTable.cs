namespace PruneTasks.Spec.Table;

/// <summary>
/// The table of the spec's keys. Reader, suggestions, prune.schema.json and docs/spec.md are all driven by it, so a key added here
/// is known everywhere; only <see cref="Reading.SpecBinder"/> has to give it a meaning.
/// </summary>
internal static partial class SpecTable
{
    /// <summary>The newest version of the format.</summary>
    public const int NewestVersion = 1;

    private const double LargestSide = 16384;

    /// <summary>The spec itself; its path is empty.</summary>
    public static readonly SpecKey Root = new("", SpecKind.Section, "A PruneTasks spec: which model to prune, on which data, and how far.")
    {
        Keys =
        [
            new("version", SpecKind.Integer, "Version of this format.") { Required = true, Min = 1, Max = NewestVersion, Example = "1" },
            new("model", SpecKind.Path, "The ONNX file.") { DefaultInWords = "the stem of the spec with .onnx", Example = "vit.onnx" },
            new("class", SpecKind.Identifier, "Name of the generated class.") { DefaultInWords = "the stem of the spec in PascalCase", Example = "Vit" },
            new("namespace", SpecKind.Namespace, "Namespace of the generated class.") { DefaultInWords = "the project's RootNamespace", Example = "Acme.Vision" },
            new("task", SpecKind.Word, "What the model is for.")
            {
                Default = "\"generic\"",
                Words =
                [
                    new("generic", "tensors in, tensors out"),
                    new("image-classification", "an image in, one score per class out"),
                    new("text-classification", "token ids in, one score per class out"),
                    new("text-embedding", "token ids in, one vector out"),
                    new("causal-lm", "token ids in, one score per token of the vocabulary out"),
                ],
            },
            new("labels", SpecKind.Labels, "Names of the classes in the order of the scores: a text file with one label per line, or a list.") { DefaultInWords = "none", Example = "labels.txt" },
            new("public", SpecKind.Boolean, "Whether the generated types are public; an app uses them itself, a library may give them out.") { Default = "false", Example = "true" },
            Card(),
            Image(),
            Text(),
            Data(),
            Prune(),
            Quality(),
            Deploy(),
        ],
    };

    private static readonly Dictionary<string, SpecKey> ByPath = Root.All().ToDictionary(key => key.Path, StringComparer.Ordinal);

    /// <summary>The key of a dotted path.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static SpecKey Get(string path) => ByPath[path];

    private static SpecKey Image() => new(
        "image",
        SpecKind.Section,
        "How an image becomes a tensor: colour, resize, crop, then (pixel * scale - mean) / std with pixels 0 to 255. EXIF orientation is not applied. Only for task image-classification.")
    {
        Keys =
        [
            new("image.size", SpecKind.Size, "[height, width] of the tensor in pixels, or one number for both.") { DefaultInWords = "that of the model's input", Min = 1, Max = LargestSide, Example = "[224, 224]" },
            new("image.color", SpecKind.Word, "Channels of the tensor, in their order.")
            {
                Default = "\"rgb\"",
                Words = [new("rgb", "red, green, blue"), new("bgr", "blue, green, red"), new("gray", "one channel, ITU-R 601 luma")],
            },
            new("image.layout", SpecKind.Word, "Order of the tensor's axes.")
            {
                Default = "\"nchw\"",
                Words = [new("nchw", "batch, channels, height, width"), new("nhwc", "batch, height, width, channels")],
            },
            new("image.scale", SpecKind.Number, "Factor on the pixel value.") { Default = "0.00392156862745098", Min = 0, AboveMin = true, Example = "0.00392156862745098" },
            new("image.mean", SpecKind.PerChannel, "Subtracted after scaling: one number per channel, or one for all.") { Default = "0", Example = "[0.485, 0.456, 0.406]" },
            new("image.std", SpecKind.PerChannel, "Divides after subtracting: one number per channel, or one for all.") { Default = "1", Min = 0, AboveMin = true, Example = "[0.229, 0.224, 0.225]" },
            new("image.resize", SpecKind.Word, "How an image of another size is brought to the size of the tensor.")
            {
                Default = "\"shortest-edge\"",
                Words =
                [
                    new("shortest-edge", "proportions kept, the smallest size that covers the tensor; the rest is for crop"),
                    new("stretch", "both sides scaled on their own"),
                    new("letterbox", "proportions kept, the largest size within the tensor, in the middle between bars of pad; crop does nothing"),
                    new("none", "not resampled"),
                ],
            },
            new("image.interpolation", SpecKind.Word, "Resampling kernel.")
            {
                Default = "\"bilinear\"",
                Words =
                [
                    new("nearest", "nearest pixel"),
                    new("box", "mean of the pixels covered"),
                    new("bilinear", "triangle, antialiased"),
                    new("hamming", "Hamming's window, antialiased"),
                    new("bicubic", "Keys' cubic, a = -0.5, antialiased"),
                    new("lanczos", "three lobes, antialiased"),
                ],
            },
            new("image.pad", SpecKind.Integer, "Level of the bars that letterbox leaves, in every channel, as a pixel value.") { Default = "0", Min = 0, Max = 255, Example = "114" },
            new("image.crop", SpecKind.Word, "What happens to pixels outside the tensor.")
            {
                Default = "\"center\"",
                Words = [new("center", "the middle is kept"), new("none", "the resized image must fit exactly")],
            },
        ],
    };

    private static SpecKey Card() => new("card", SpecKind.Section, "What people should know of the model: in the generated class's documentation and its Card.")
    {
        Keys =
        [
            new("card.name", SpecKind.Text, "Name of the model.") { DefaultInWords = "the stem of the spec", Example = "ViT-B/16" },
            new("card.version", SpecKind.Text, "Version of the model.") { DefaultInWords = "none", Example = "1.2.0" },
            new("card.license", SpecKind.Text, "Licence of the model, best as an SPDX expression.") { DefaultInWords = "none", Example = "Apache-2.0" },
            new("card.author", SpecKind.Text, "Who made the model.") { DefaultInWords = "none", Example = "Acme" },
            new("card.source", SpecKind.Text, "Where the dense model comes from.") { DefaultInWords = "none", Example = "https://example.org/vit" },
            new("card.description", SpecKind.Text, "A sentence on the model.") { DefaultInWords = "none", Example = "Tells 1000 things apart." },
        ],
    };

    private static SpecKey Deploy() => new("deploy", SpecKind.Section, "How the model reaches the app.")
    {
        Keys =
        [
            new("deploy.embed", SpecKind.Word, "Where the model is.")
            {
                Default = "\"auto\"",
                Words =
                [
                    new("auto", "in the assembly, up to the size of PruneTasksEmbedLimit; above it a file"),
                    new("resource", "in the assembly"),
                    new("file", "a file beside the app, checked by its hash when it is loaded"),
                ],
            },
            new("deploy.compression", SpecKind.Word, "Whether the resource is compressed; loading takes longer then.")
            {
                Default = "\"none\"",
                Words = [new("none", "no"), new("brotli", "Brotli (RFC 7932)")],
            },
        ],
    };

    private static SpecKey Data() => new("data", SpecKind.Section, "Data folders: images or texts (subfolders named after labels are optional), .npz files, or ONNX test sets (.pb); read recursively.")
    {
        Keys =
        [
            Source("data.personal", "The app's own data: decides what is kept; a part is held back to check on.", "256", null, Weight("data.personal")),
            Source("data.common", "Everyone's data: joins the personal data in deciding and refitting; never in the hold-out.", "256", null, Weight("data.common")),
            Source("data.test", "Held-out data: only measured, never used to decide.", null, "all"),
        ],
    };

    private static SpecKey Source(string path, string description, string? samples, string? samplesInWords, params SpecKey[] more) => new(path, SpecKind.Section, description)
    {
        Keys =
        [
            new($"{path}.path", SpecKind.Path, "The folder.") { Required = true, Example = path.Replace('.', '/') },
            new($"{path}.samples", SpecKind.Integer, "At most this many samples, drawn by the seed.") { Default = samples, DefaultInWords = samplesInWords, Min = 1, Max = 1_000_000, Example = "256" },
            .. more,
        ],
    };

    private static SpecKey Weight(string path) =>
        new($"{path}.weight", SpecKind.Number, "How much one of these samples counts in the repair.") { Default = "1", Min = 0, AboveMin = true, Max = 1000, Example = "2" };
}
