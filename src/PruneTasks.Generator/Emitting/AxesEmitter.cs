using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>The record of the axes that the inputs leave open.</summary>
internal static class AxesEmitter
{
    public static void Emit(SourceWriter writer, ModelDescription model, string attribute)
    {
        writer.Doc($"<summary>Sizes of the axes that the inputs of <see cref=\"{Identifiers.Escape(model.ClassName)}\"/> leave open.</summary>");
        foreach (AxisDescription axis in model.Axes)
            writer.Doc($"<param name=\"{axis.Member}\">Entries of {Named(axis)}.</param>");
        writer.Line(attribute);
        writer.Line($"{model.Access} readonly record struct {model.AxesRecord}({string.Join(", ", model.Axes.Select(axis => "int " + Identifiers.Escape(axis.Member)))});");
    }

    /// <summary>The axis in a sentence: axis batch; axis 2.</summary>
    public static string Named(AxisDescription axis) => Named(axis.Text);

    public static string Named(string text) => (text.StartsWith("axis ", StringComparison.Ordinal) ? "" : "axis ") + Literals.Xml(text);

    /// <summary>The record from the variables of Run.</summary>
    public static string New(ModelDescription model) => $"new {model.AxesRecord}({string.Join(", ", model.Axes.Select(axis => axis.Variable))})";

    /// <summary>An array of ints from the record in a variable.</summary>
    public static string Array(ModelDescription model, string record) =>
        model.HasAxes ? $"new int[] {{ {List(model, record)} }}" : "global::System.Array.Empty<int>()";

    public static string List(ModelDescription model, string record) =>
        string.Join(", ", model.Axes.Select(axis => $"{record}.{Identifiers.Escape(axis.Member)}"));
}
