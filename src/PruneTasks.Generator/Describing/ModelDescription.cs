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
    EquatableArray<AxisDescription> Axes,
    EquatableArray<AxisStep> AxisSteps,
    EquatableArray<LabelDescription> Labels,
    ClassifierDescription? Classifier,
    TextDescription? Text,
    bool Public,
    CardFacts? Card,
    AppReferences References)
{
    /// <summary>Accessibility of everything that is generated.</summary>
    public string Access => Public ? "public" : "internal";

    /// <summary>The class of extension methods for dependency injection.</summary>
    public string InjectionClass => ClassName + "ServiceCollectionExtensions";

    public string OutputClass => ClassName + "Output";

    public string RequestClass => ClassName + "Request";

    public string AxesRecord => ClassName + "Axes";

    public string InputBag => ClassName + "Input";

    public string Interface => "I" + ClassName;

    public string LabelEnum => ClassName + "Label";

    /// <summary>Inputs are passed in one object where there are too many for a list, or strings among them.</summary>
    public bool HasInputBag => Inputs.Count > 4 || Inputs.Any(input => input.IsString);

    public bool HasAxes => Axes.Count > 0;

    /// <summary>The states of a language model are no business of a caller: then sessions take the place of Run.</summary>
    public bool HidesRun => Text is { Facts.States.Count: > 0 };

    public string SessionClass => ClassName + "Session";

    /// <summary>Every type that this model's file declares.</summary>
    public IEnumerable<string> TypeNames
    {
        get
        {
            yield return ClassName;
            yield return Interface;
            if (!HidesRun)
            {
                yield return OutputClass;
                yield return RequestClass;
                if (HasAxes)
                    yield return AxesRecord;
                if (HasInputBag)
                    yield return InputBag;
            }
            if (References.DependencyInjection)
                yield return InjectionClass;
            if (Text is { Task: "causal-lm" })
                yield return SessionClass;
            if (Labels.Count == 0)
                yield break;
            yield return LabelEnum;
            yield return LabelEnum + "Extensions";
        }
    }

    /// <summary>The namespace and a dot before a type's name, nothing for the global namespace.</summary>
    public string FullName(string type) => Namespace.Length == 0 ? type : Namespace + "." + type;
}

/// <summary>
/// An input: a parameter of Run and a property of the request. Shape entries are C# expressions: numbers or axis variables; null for
/// unknown rank. The template says the same to the runtime: sizes, and -1 - k for axis k.
/// </summary>
internal sealed record InputDescription(
    string OnnxName,
    string Type,
    string CSharpType,
    string Parameter,
    string Property,
    EquatableArray<string>? Shape,
    EquatableArray<int>? Template,
    string? ShapeParameter,
    string ShapeText)
{
    public bool IsScalar => Shape is { Count: 0 };

    public bool IsString => CSharpType == "string";
}

/// <summary>An output: a property of the output class and of the request. The template is null for unknown rank.</summary>
internal sealed record OutputDescription(
    string OnnxName, string Type, string CSharpType, string Property, string Field, string Parameter, string ShapeParameter, string RequestProperty, EquatableArray<int>? Template, string ShapeText)
{
    /// <summary>An entry of a template that follows from no axis of the inputs; the runtime's TensorSignature.Open.</summary>
    public const int Open = int.MinValue;

    public bool IsScalar => Template is { Count: 0 };

    public bool IsString => CSharpType == "string";

    /// <summary>Whether the axes of the inputs give the whole shape.</summary>
    public bool IsKnown => Template is { } template && !template.Contains(Open);
}

/// <summary>An axis that the inputs leave open: a member of the axes record, and a variable of Run.</summary>
internal sealed record AxisDescription(string Member, string Variable, string Text, bool Leads);

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

/// <summary>The calls with texts: the manifest's facts, and the output with scores or vectors.</summary>
internal sealed record TextDescription(string Task, TextFacts Facts, OutputDescription Output);

/// <summary>Classify: its image section, the size of each axis for one image, and the output that holds the scores.</summary>
internal sealed record ClassifierDescription(ImageFacts Image, EquatableArray<int> Axes, int Output);
