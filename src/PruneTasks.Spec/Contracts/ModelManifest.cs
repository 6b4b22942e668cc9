using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Contracts;

/// <summary>
/// The facts that the generator needs about one model: <c>&lt;name&gt;.manifest.json</c>. Built by <see cref="ManifestBuilder"/>.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>Version of the contract, 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Name of the spec.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the generated class.</summary>
    public required string ClassName { get; init; }

    /// <summary>Its namespace; null means the project's RootNamespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>What the model is for.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Logical name of the embedded resource.</summary>
    public required string Resource { get; init; }

    /// <summary>Inputs in the order of the graph.</summary>
    public required IReadOnlyList<TensorSignature> Inputs { get; init; }

    /// <summary>Outputs in the order of the graph.</summary>
    public required IReadOnlyList<TensorSignature> Outputs { get; init; }

    /// <summary>Names of the classes, or null.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>How an image becomes a tensor, with width and height; null unless the task has images.</summary>
    public ImageSpec? Image { get; init; }

    /// <summary>Whether the generated types are public.</summary>
    public bool Public { get; init; }

    /// <summary>What people should know of the model, or null.</summary>
    public CardSpec? Card { get; init; }

    /// <summary>How texts become token ids; null unless the task has texts.</summary>
    public TextManifest? Text { get; init; }

    /// <summary>The text of the file: JSON, LF, stable order.</summary>
    public string ToJson() => ManifestJson.Write(this);

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="ContractFormatException">It is no manifest of a known version.</exception>
    public static ModelManifest Parse(string json) => ContractFormatException.Guard("manifest", json, ManifestJson.Read);

    /// <summary>The logical name of the embedded resource of a model: <c>PruneTasks.vit.onnx</c>.</summary>
    public static string ResourceName(string name) => $"PruneTasks.{name}.onnx";

    /// <summary>The logical name of a model's tokenizer: <c>PruneTasks.bert.tokenizer.json</c>.</summary>
    public static string TokenizerResourceName(string name) => $"PruneTasks.{name}.tokenizer.json";

    /// <summary>The logical name of the file that belongs to the tokenizer: <c>PruneTasks.bert.tokenizer.bin</c>.</summary>
    public static string TokenizerDataName(string name) => $"PruneTasks.{name}.tokenizer.bin";
}
