namespace PruneTasks.Generator.Manifest;

/// <summary>The facts of one model, as its manifest gives them: values only, so that equal manifests compare equal.</summary>
internal sealed record ModelManifest(
    string Name,
    string ClassName,
    string? Namespace,
    string Task,
    string Resource,
    EquatableArray<TensorFacts> Inputs,
    EquatableArray<TensorFacts> Outputs,
    EquatableArray<string>? Labels,
    ImageFacts? Image,
    TextFacts? Text,
    bool Public,
    CardFacts? Card);

/// <summary>The card section; null for what it does not say.</summary>
internal sealed record CardFacts(string? Name, string? Version, string? License, string? Author, string? Source, string? Description);

/// <summary>An input or output; no shape where the model does not give a rank.</summary>
internal sealed record TensorFacts(string Name, string Type, EquatableArray<AxisFacts>? Shape);

/// <summary>An axis: a size, or a symbol, or neither.</summary>
internal sealed record AxisFacts(int? Size, string? Symbol);

/// <summary>The image section; the words are those of the spec.</summary>
internal sealed record ImageFacts(
    int Width,
    int Height,
    string Color,
    string Layout,
    double Scale,
    EquatableArray<double> Mean,
    EquatableArray<double> Std,
    string Resize,
    string Interpolation,
    int Pad,
    string Crop)
{
    public int Channels => Color == "gray" ? 1 : 3;
}
