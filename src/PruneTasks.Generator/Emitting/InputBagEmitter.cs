using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>The object that carries the inputs where there are too many for a list of parameters.</summary>
internal static class InputBagEmitter
{
    public static void Emit(SourceWriter writer, ModelDescription model, string attribute)
    {
        writer.Doc($"<summary>The inputs of one call of <see cref=\"{Identifiers.Escape(model.ClassName)}\"/>.</summary>");
        writer.Line(attribute).Line($"{model.Access} readonly ref struct {model.InputBag}").Open();
        bool first = true;
        foreach (InputDescription input in model.Inputs)
        {
            Separate();
            writer.Doc($"<summary>Input '{Literals.Xml(input.OnnxName)}': {Literals.Xml(input.ShapeText)}.</summary>");
            writer.Line($"public required {RunEmitter.Type(input)} {Identifiers.Escape(input.Property)} {{ get; init; }}");
            if (input.ShapeParameter is null)
                continue;
            Separate();
            writer.Doc($"<summary>Entries per axis of '{Literals.Xml(input.OnnxName)}'.</summary>");
            writer.Line($"public required global::System.ReadOnlySpan<int> {input.Property}Shape {{ get; init; }}");
        }
        foreach (AxisStep axis in RunEmitter.Asked(model))
        {
            Separate();
            writer.Doc($"<summary>Entries of {AxesEmitter.Named(axis.Text)}{(axis.Optional ? "; 1 unless given" : "")}.</summary>");
            writer.Line($"public {(axis.Optional ? "int?" : "required int")} {Member(model, axis)} {{ get; init; }}");
        }
        writer.Close();

        void Separate()
        {
            if (!first)
                writer.Line();
            first = false;
        }
    }

    /// <summary>The parameters of the other form of Run, as variables.</summary>
    public static void EmitVariables(SourceWriter writer, ModelDescription model)
    {
        foreach (InputDescription input in model.Inputs)
        {
            writer.Line($"{RunEmitter.Type(input)} {input.Parameter} = input.{Identifiers.Escape(input.Property)};");
            if (input.ShapeParameter is { } shape)
                writer.Line($"global::System.ReadOnlySpan<int> {shape} = input.{input.Property}Shape;");
        }
        foreach (AxisStep axis in RunEmitter.Asked(model))
            writer.Line($"int {axis.Variable} = input.{Member(model, axis)}{(axis.Optional ? " ?? 1" : "")};");
    }

    // An axis may be called like an input.
    private static string Member(ModelDescription model, AxisStep axis)
    {
        string member = model.Axes.First(other => other.Variable == axis.Variable).Member;
        while (model.Inputs.Any(input => input.Property == member || (input.ShapeParameter is not null && input.Property + "Shape" == member)))
            member += "Axis";
        return Identifiers.Escape(member);
    }
}
