using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>The output class: one property per output, which throws once the object is disposed; and a way to make one for tests.</summary>
internal static class OutputEmitter
{
    private const string Shape = "global::System.ReadOnlySpan<int>";

    public static void Emit(SourceWriter writer, ModelDescription model)
    {
        writer.Line(Marks.Type("Output"));
        writer.Line($"{model.Access} sealed partial class {model.OutputClass} : global::System.IDisposable").Open();
        foreach (OutputDescription output in model.Outputs)
            writer.Line($"private {Holder(output)}? {output.Field};");
        writer.Line();
        List<string> parameters = [.. model.Outputs.Select((output, i) => $"{Holder(output)} output{i}")];
        if (model.HasAxes)
            parameters.Insert(0, $"{model.AxesRecord} axes");
        writer.Line($"internal {model.OutputClass}({string.Join(", ", parameters)})").Open();
        if (model.HasAxes)
            writer.Line("Axes = axes;");
        for (int i = 0; i < model.Outputs.Count; i++)
            writer.Line($"{model.Outputs[i].Field} = output{i};");
        writer.Close().Line();
        if (model.HasAxes)
        {
            writer.Doc("<summary>The size of each axis in this call.</summary>");
            writer.Line($"public {model.AxesRecord} Axes {{ get; }}").Line();
        }
        foreach (OutputDescription output in model.Outputs)
            EmitProperty(writer, model, output);
        EmitCreate(writer, model);
        writer.Doc("<summary>Lets go of the values.</summary>");
        writer.Line("public void Dispose()").Open();
        foreach (OutputDescription output in model.Outputs)
            writer.Line($"{output.Field} = null;");
        writer.Close().Close();
    }

    /// <summary>The expression that takes an output out of a call.</summary>
    public static string Take(OutputDescription output, int index) =>
        output.IsString ? $"call.StringOutput({index})" : $"call.Output<{output.CSharpType}>({index})";

    private static void EmitProperty(SourceWriter writer, ModelDescription model, OutputDescription output)
    {
        writer.Doc($"<summary>Output '{Literals.Xml(output.OnnxName)}': {Literals.Xml(output.ShapeText)}.</summary>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
        (string type, string part) = (output.IsString, output.IsScalar) switch
        {
            (true, true) => ("string", ".Values[0]"),
            (true, false) => ("global::System.Collections.Generic.IReadOnlyList<string>", ".Values"),
            (false, true) => (output.CSharpType, ".View.Span[0]"),
            _ => ($"global::PruneTasks.TensorView<{output.CSharpType}>", ".View"),
        };
        writer.Line($"public {type} {output.Property} =>");
        writer.Continued($"({output.Field} ?? throw new global::System.ObjectDisposedException(nameof({model.OutputClass}))){part};").Line();
    }

    private static void EmitCreate(SourceWriter writer, ModelDescription model)
    {
        if (model.Outputs.Count == 0)
            return;
        writer.Doc($"<summary>An output made by hand, for tests and stand-ins of <see cref=\"{Identifiers.Escape(model.Interface)}\"/>.</summary>");
        if (model.HasAxes)
            writer.Doc("<param name=\"axes\">The size of each axis.</param>");
        foreach (OutputDescription output in model.Outputs)
        {
            writer.Doc($"<param name=\"{output.Parameter.TrimStart('@')}\">Output '{Literals.Xml(output.OnnxName)}': {Literals.Xml(output.ShapeText)}.</param>");
            if (!output.IsKnown)
                writer.Doc($"<param name=\"{output.ShapeParameter.TrimStart('@')}\">Entries per axis of '{Literals.Xml(output.OnnxName)}'.</param>");
        }
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">Values do not fill their shape.</exception>");
        List<string> parameters = [];
        if (model.HasAxes)
            parameters.Add($"{model.AxesRecord} axes");
        foreach (OutputDescription output in model.Outputs)
        {
            parameters.Add($"{(output.IsScalar ? output.CSharpType : $"global::System.ReadOnlySpan<{output.CSharpType}>")} {output.Parameter}");
            if (!output.IsKnown)
                parameters.Add($"{Shape} {output.ShapeParameter}");
        }
        writer.Line($"public static {model.OutputClass} Create({string.Join(", ", parameters)}) => new {model.OutputClass}(");
        List<string> arguments = [];
        if (model.HasAxes)
            arguments.Add("axes");
        foreach (OutputDescription output in model.Outputs)
        {
            string shape = output.IsKnown ? Known(model, output) : output.ShapeParameter;
            string values = output.IsScalar ? $"new {output.CSharpType}[] {{ {output.Parameter} }}" : output.Parameter;
            arguments.Add($"{Holder(output)}.Create({Literals.Text(output.OnnxName)}, {values}, {shape})");
        }
        for (int i = 0; i < arguments.Count; i++)
            writer.Continued(arguments[i] + (i == arguments.Count - 1 ? ");" : ","));
        writer.Line();
    }

    private static string Known(ModelDescription model, OutputDescription output) => output.Template!.Count == 0
        ? $"default({Shape})"
        : $"stackalloc int[] {{ {string.Join(", ", output.Template.Select(entry => entry >= 0 ? entry.ToString(System.Globalization.CultureInfo.InvariantCulture) : $"axes.{Identifiers.Escape(model.Axes[-1 - entry].Member)}"))} }}";

    private static string Holder(OutputDescription output) =>
        output.IsString ? "global::PruneTasks.Runtime.StringOutput" : $"global::PruneTasks.Runtime.OutputTensor<{output.CSharpType}>";
}
