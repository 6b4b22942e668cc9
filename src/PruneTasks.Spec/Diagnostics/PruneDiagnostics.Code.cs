namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 02: generated code.</content>
public static partial class PruneDiagnostics
{
    /// <summary>Two models would generate the same type.</summary>
    public static readonly PruneDiagnosticDescriptor TypeNameCollision = Error(
        "PRUNE0201",
        "Two models generate the same type",
        "models '{0}' and '{1}' both generate the type '{2}'; give one of them another class name or namespace");

    /// <summary>The number of labels is not the number of classes.</summary>
    public static readonly PruneDiagnosticDescriptor LabelCount = Error(
        "PRUNE0203",
        "The number of labels is not the number of classes",
        "{0} labels are given, but the class axis of output '{1}' has {2} entries");

    /// <summary>Labels that give the same C# name carry their index.</summary>
    public static readonly PruneDiagnosticDescriptor LabelsSuffixed = Info(
        "PRUNE0204",
        "Labels that give the same C# name carry their index",
        "{0} labels of model '{1}' give a name that another label has already; they carry their index, as '{2}' in '{3}'");

    /// <summary>An input or output has elements that generated code cannot pass.</summary>
    public static readonly PruneDiagnosticDescriptor UnsupportedValueKind = Error(
        "PRUNE0206",
        "Generated code cannot pass elements of this type",
        "{0} '{1}' has elements of type '{2}', which generated code cannot pass; model '{3}' gets no class");

    /// <summary>Generated code needs a newer C#.</summary>
    public static readonly PruneDiagnosticDescriptor LanguageTooOld = Error(
        "PRUNE0209",
        "Generated code needs C# 11",
        "the project compiles as C# {0}, but '{1}' needs C# 11; remove LangVersion or raise it");

    /// <summary>A manifest cannot be used.</summary>
    public static readonly PruneDiagnosticDescriptor ManifestNotUsable = Error(
        "PRUNE0212",
        "The description of a model cannot be used",
        "the description of the model cannot be used: {0}");

    /// <summary>The call that belongs to the model's task is left out.</summary>
    public static readonly PruneDiagnosticDescriptor TaskCallLeftOut = Warning(
        "PRUNE0213",
        "The call that belongs to the task is left out",
        "{0} is not generated for model '{1}': {2}");

    /// <summary>A class with [PrunedModel] stands for no model.</summary>
    public static readonly PruneDiagnosticDescriptor DeclarationNotUsable = Error(
        "PRUNE0214",
        "A class with [PrunedModel] stands for no model",
        "class '{0}' has [PrunedModel], but {1}");

    /// <summary>An output that generated code cannot read is left out.</summary>
    public static readonly PruneDiagnosticDescriptor OutputLeftOut = Warning(
        "PRUNE0215",
        "An output that generated code cannot read is left out",
        "output '{0}' of model '{1}' is of type '{2}', which generated code cannot read; it is left out, and is there in Session");
}
