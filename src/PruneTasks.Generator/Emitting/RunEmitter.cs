using PruneTasks.Generator.Describing;

namespace PruneTasks.Generator.Emitting;

/// <summary>Run: every input as a span, open axes inferred or asked for, every output.</summary>
internal static class RunEmitter
{
    public static void Emit(SourceWriter writer, ModelDescription model)
    {
        writer.Doc("<summary>Runs the model. Tensors are row-major: the last axis is the fastest.</summary>");
        foreach (InputDescription input in model.Inputs)
        {
            writer.Doc($"<param name=\"{Bare(input.Parameter)}\">Input '{Literals.Xml(input.OnnxName)}': {Literals.Xml(input.ShapeText)}.</param>");
            if (input.ShapeParameter is { } shape)
                writer.Doc($"<param name=\"{Bare(shape)}\">Entries per axis of '{Literals.Xml(input.OnnxName)}'.</param>");
        }
        foreach (AxisStep axis in Asked(model))
            writer.Doc($"<param name=\"{Bare(axis.Variable)}\">Entries of {(axis.Text.StartsWith("axis ", StringComparison.Ordinal) ? "" : "axis ")}{Literals.Xml(axis.Text)}.</param>");
        writer.Doc("<param name=\"cancellationToken\">Stops this call between two operators of the model, and no other call.</param>");
        writer.Doc("<returns>The outputs; dispose them when they are read.</returns>");
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">An input does not fill its shape, or the model failed.</exception>");
        writer.Doc("<exception cref=\"global::System.OperationCanceledException\">The call was cancelled.</exception>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
        writer.Line($"public {model.OutputClass} Run(");
        foreach (string parameter in Parameters(model))
            writer.Continued(parameter + ",");
        writer.Continued("global::System.Threading.CancellationToken cancellationToken = default)");
        writer.Open();
        EmitAxes(writer, model);
        writer.Line("using global::PruneTasks.Runtime.ModelCall call = _engine.Begin(cancellationToken);");
        for (int i = 0; i < model.Inputs.Count; i++)
            writer.Line(Set(i, model.Inputs[i]));
        writer.Line("call.Run();");
        IEnumerable<string> outputs = model.Outputs.Select((output, i) => $"call.Output<{output.CSharpType}>({i})");
        writer.Line($"return new {model.OutputClass}({string.Join(", ", outputs)});");
        writer.Close();
    }

    private static IEnumerable<string> Parameters(ModelDescription model)
    {
        foreach (InputDescription input in model.Inputs)
        {
            yield return input.IsScalar ? $"{input.CSharpType} {input.Parameter}" : $"{Marks.Length(input)}global::System.ReadOnlySpan<{input.CSharpType}> {input.Parameter}";
            if (input.ShapeParameter is { } shape)
                yield return $"global::System.ReadOnlySpan<int> {shape}";
        }
        foreach (AxisStep axis in Asked(model))
            yield return $"int {axis.Variable}{(axis.Optional ? " = 1" : "")}";
    }

    /// <summary>The axes that are parameters, those with a default last as C# wants it.</summary>
    private static IEnumerable<AxisStep> Asked(ModelDescription model) =>
        model.Axes.Where(axis => axis.IsParameter).OrderBy(axis => axis.Optional);

    private static void EmitAxes(SourceWriter writer, ModelDescription model)
    {
        foreach (AxisStep axis in model.Axes.Where(axis => !axis.IsParameter))
        {
            InputDescription input = model.Inputs[axis.Input];
            IEnumerable<string> shape = input.Shape!.Value.Select(entry => entry == axis.Variable ? "-1" : entry);
            writer.Line(
                $"int {axis.Variable} = global::PruneTasks.Runtime.ModelShapes.Infer({Literals.Text(input.OnnxName)}, {Literals.Text(axis.Text)}, "
                + $"{input.Parameter}.Length, {Stack(shape)});");
        }
    }

    private static string Set(int index, InputDescription input)
    {
        if (input.IsScalar)
            return $"call.Scalar({index}, {input.Parameter});";
        string shape = input.ShapeParameter ?? Stack(input.Shape!.Value);
        return $"call.Input({index}, {input.Parameter}, {shape});";
    }

    private static string Stack(IEnumerable<string> entries) => $"stackalloc int[] {{ {string.Join(", ", entries)} }}";

    private static string Bare(string identifier) => identifier.TrimStart('@');
}
