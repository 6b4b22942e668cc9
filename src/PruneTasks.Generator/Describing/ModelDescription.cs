using PruneTasks.Generator.Manifest;

namespace PruneTasks.Generator.Describing;

/// <summary>Everything that the emitter writes down, decided: names, types, axes, calls. Values only.</summary>
internal sealed record ModelDescription(
    string Name,
    string Task,
    string Resource,
    string Namespace,
    string ClassName,
    EquatableArray<InputDescription> Inputs,
    EquatableArray<OutputDescription> Outputs,
    EquatableArray<AxisStep> Axes,
    EquatableArray<LabelDescription> Labels,
    ClassifierDescription? Classifier)
{
    public string OutputClass => ClassName + "Output";

    public string LabelEnum => ClassName + "Label";

    /// <summary>Every type that this model's file declares.</summary>
    public IEnumerable<string> TypeNames =>
        Labels.Count == 0 ? [ClassName, OutputClass] : [ClassName, OutputClass, LabelEnum, LabelEnum + "Extensions"];

    /// <summary>The namespace and a dot before a type's name, nothing for the global namespace.</summary>
    public string FullName(string type) => Namespace.Length == 0 ? type : Namespace + "." + type;
}

/// <summary>An input: a parameter of Run. Shape entries are C# expressions: numbers or axis variables; null for unknown rank.</summary>
internal sealed record InputDescription(
    string OnnxName,
    string Type,
    string CSharpType,
    string Parameter,
    EquatableArray<string>? Shape,
    string? ShapeParameter,
    string ShapeText)
{
    public bool IsScalar => Shape is { Count: 0 };
}

/// <summary>An output: a property of the output class.</summary>
internal sealed record OutputDescription(string OnnxName, string Type, string CSharpType, string Property, string Field, string ShapeText);

/// <summary>
/// How Run gets the size of an axis that the model leaves open: from the caller (<paramref name="Input"/> is -1), or from the
/// length of an input whose other axes are known by then.
/// </summary>
internal sealed record AxisStep(string Variable, string Text, int Input, bool Optional)
{
    public bool IsParameter => Input < 0;
}

/// <summary>A member of the label enum.</summary>
internal sealed record LabelDescription(string Member, string Text);

/// <summary>Classify: its image section, the shape of the input for one image, and the output that holds the scores.</summary>
internal sealed record ClassifierDescription(ImageFacts Image, EquatableArray<int> Shape, int Output);
