using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec;

/// <summary>
/// What the user wrote in a <c>*.prune.yaml</c>, with defaults filled in. Made by <see cref="PruneSpecReader"/>;
/// the keys are listed in docs/spec.md.
/// </summary>
public sealed record PruneSpec
{
    /// <summary>Path of the spec as it was given to the reader.</summary>
    public required string File { get; init; }

    /// <summary>Absolute folder of the spec; relative paths start here.</summary>
    public required string Folder { get; init; }

    /// <summary>Stem of the spec file: <c>vit</c> for <c>vit.prune.yaml</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the format, 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The ONNX file.</summary>
    public required SpecPath Model { get; init; }

    /// <summary>Name of the generated class, a valid C# identifier.</summary>
    public required string ClassName { get; init; }

    /// <summary>Namespace of the generated class; null means the project's RootNamespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>What the model is for.</summary>
    public ModelTask Task { get; init; }

    /// <summary>Names of the classes, or null.</summary>
    public LabelSource? Labels { get; init; }

    /// <summary>How an image becomes a tensor; set for <see cref="ModelTask.ImageClassification"/> only.</summary>
    public ImageSpec? Image { get; init; }

    /// <summary>How texts become token ids; set for tasks with text only.</summary>
    public TextSpec? Text { get; init; }

    /// <summary>The data folders.</summary>
    public DataSpec Data { get; init; } = new();

    /// <summary>What to remove.</summary>
    public PruneSettings Prune { get; init; } = new();

    /// <summary>What the pruned model must keep, or null.</summary>
    public QualityContract? Quality { get; init; }

    /// <summary>Whether the generated types are public.</summary>
    public bool Public { get; init; }

    /// <summary>What people should know of the model, or null.</summary>
    public CardSpec? Card { get; init; }

    /// <summary>How the model reaches the app.</summary>
    public DeploySpec Deploy { get; init; } = new("auto", "none");

    /// <summary>Where each key stands, by dotted path such as <c>prune.budget.macs</c>.</summary>
    internal IReadOnlyDictionary<string, SourceSpan> Places { get; init; } = new Dictionary<string, SourceSpan>();

    /// <summary>
    /// The place of a key by its dotted path: the value of a setting, the key of a section.
    /// A key that is not written has the place of the nearest section around it.
    /// </summary>
    public SourceSpan PlaceOf(string path)
    {
        while (path.Length > 0)
        {
            if (Places.TryGetValue(path, out SourceSpan place))
                return place;
            int dot = path.LastIndexOf('.');
            path = dot < 0 ? "" : path.Substring(0, dot);
        }

        return SourceSpan.None;
    }

    /// <summary>As <see cref="PlaceOf"/>; for a default without a section around it the first value of the file, so that an editor has a line to show.</summary>
    public SourceSpan PlaceNear(string path) =>
        PlaceOf(path) is var place && place != SourceSpan.None ? place
        : Places.Count == 0 ? SourceSpan.None
        : Places.Values.OrderBy(p => p.Line).ThenBy(p => p.Column).First();
}

/// <summary>The card section; null for what it does not say.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="License">Its licence.</param>
/// <param name="Author">Who made it.</param>
/// <param name="Source">Where the dense model comes from.</param>
/// <param name="Description">A sentence on it.</param>
public sealed record CardSpec(string? Name, string? Version, string? License, string? Author, string? Source, string? Description);

/// <summary>How the model reaches the app. Words are those of docs/spec.md.</summary>
/// <param name="Embed"><c>auto</c>, <c>resource</c> or <c>file</c>.</param>
/// <param name="Compression"><c>none</c> or <c>brotli</c>.</param>
public sealed record DeploySpec(string Embed, string Compression);

/// <summary>A path of the spec.</summary>
/// <param name="Written">As written, with <c>/</c> as separator.</param>
/// <param name="Full">Absolute.</param>
public sealed record SpecPath(string Written, string Full);

/// <summary>Names of the classes: either in the spec, or in a file with one label per line. Exactly one is set.</summary>
/// <param name="Names">The labels.</param>
/// <param name="File">The file.</param>
public sealed record LabelSource(IReadOnlyList<string>? Names, SpecPath? File);

/// <summary>
/// How an image becomes a tensor: colour, resize, crop, then (pixel 0..255 · Scale − Mean) / Std.
/// Words are those of docs/spec.md, in lower case.
/// </summary>
public sealed record ImageSpec
{
    /// <summary>Width in pixels; null means that of the model's input.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels; null means that of the model's input.</summary>
    public int? Height { get; init; }

    /// <summary><c>rgb</c>, <c>bgr</c> or <c>gray</c>.</summary>
    public required string Color { get; init; }

    /// <summary><c>nchw</c> or <c>nhwc</c>.</summary>
    public required string Layout { get; init; }

    /// <summary>Factor on the pixel value 0..255.</summary>
    public required double Scale { get; init; }

    /// <summary>Subtracted after scaling, one per channel.</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Divisor after subtracting, one per channel, above 0.</summary>
    public required IReadOnlyList<double> Std { get; init; }

    /// <summary><c>shortest-edge</c>, <c>stretch</c>, <c>letterbox</c> or <c>none</c>.</summary>
    public required string Resize { get; init; }

    /// <summary><c>nearest</c>, <c>box</c>, <c>bilinear</c>, <c>hamming</c>, <c>bicubic</c> or <c>lanczos</c>.</summary>
    public required string Interpolation { get; init; }

    /// <summary>Level of the bars of <c>letterbox</c>, 0..255.</summary>
    public int Pad { get; init; }

    /// <summary><c>center</c> or <c>none</c>.</summary>
    public required string Crop { get; init; }

    /// <summary>1 for gray, otherwise 3.</summary>
    public int Channels => Color == "gray" ? 1 : 3;
}

/// <summary>The data folders; null where the spec names none.</summary>
public sealed record DataSpec
{
    /// <summary>The app's own data: calibration, ranking, refit.</summary>
    public DataSource? Personal { get; init; }

    /// <summary>Everyone's data, to tell apart what only the personal data needs.</summary>
    public DataSource? Common { get; init; }

    /// <summary>Only measured, never used to decide.</summary>
    public DataSource? Test { get; init; }
}

/// <summary>A folder of images, .npz files or ONNX test sets, read recursively.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Samples">At most this many samples, at least 1; null means all.</param>
/// <param name="Weight">How much one sample counts in the repair, above 0.</param>
public sealed record DataSource(SpecPath Path, int? Samples, double Weight = 1);
