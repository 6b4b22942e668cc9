using PruneTasks.Generator.Describing;

namespace PruneTasks.Generator.Emitting;

/// <summary>Run: every input as a span or all in one object, open axes inferred or asked for, every output.</summary>
internal static class RunEmitter
{
    /// <summary>Documentation and signature, without an end: for the interface.</summary>
    public static void EmitDeclaration(SourceWriter writer, ModelDescription model)
    {
        writer.Doc("<summary>Runs the model. Tensors are row-major: the last axis is the fastest.</summary>");
        if (model.HasInputBag)
        {
            writer.Doc("<param name=\"input\">The inputs.</param>");
        }
        else
        {
            foreach (InputDescription input in model.Inputs)
            {
                writer.Doc($"<param name=\"{Bare(input.Parameter)}\">Input '{Literals.Xml(input.OnnxName)}': {Literals.Xml(input.ShapeText)}.</param>");
                if (input.ShapeParameter is { } shape)
                    writer.Doc($"<param name=\"{Bare(shape)}\">Entries per axis of '{Literals.Xml(input.OnnxName)}'.</param>");
            }
            foreach (AxisStep axis in Asked(model))
                writer.Doc($"<param name=\"{Bare(axis.Variable)}\">Entries of {AxesEmitter.Named(axis.Text)}.</param>");
        }
        writer.Doc("<param name=\"cancellationToken\">Stops this call between two operators of the model, and no other call.</param>");
        writer.Doc("<returns>The outputs; dispose them when they are read.</returns>");
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">An input does not fill its shape, or the model failed.</exception>");
        writer.Doc("<exception cref=\"global::System.OperationCanceledException\">The call was cancelled.</exception>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
        Signature(writer, model, "", ";");
    }

    public static void Emit(SourceWriter writer, ModelDescription model)
    {
        writer.Doc("<inheritdoc/>");
        Signature(writer, model, "public ", "");
        writer.Open();
        if (model.HasInputBag)
            InputBagEmitter.EmitVariables(writer, model);
        EmitAxes(writer, model);
        writer.Line("using global::PruneTasks.Runtime.ModelCall call = _engine.Begin(cancellationToken);");
        for (int i = 0; i < model.Inputs.Count; i++)
            writer.Line(Set(i, model.Inputs[i]));
        writer.Line("call.Run();");
        List<string> outputs = [.. model.Outputs.Select(OutputEmitter.Take)];
        if (model.HasAxes)
            outputs.Insert(0, AxesEmitter.New(model));
        writer.Line($"return new {model.OutputClass}({string.Join(", ", outputs)});");
        writer.Close();
    }

    /// <summary>The axes that are parameters, those with a default last as C# wants it.</summary>
    public static List<AxisStep> Asked(ModelDescription model)
    {
        List<AxisStep> asked = [], optional = [];
        foreach (AxisStep axis in model.AxisSteps)
        {
            if (axis.IsParameter)
                (axis.Optional ? optional : asked).Add(axis);
        }
        asked.AddRange(optional);
        return asked;
    }

    /// <summary>The type in which an input is passed.</summary>
    public static string Type(InputDescription input) =>
        input.IsScalar ? input.CSharpType : $"global::System.ReadOnlySpan<{input.CSharpType}>";

    private static void Signature(SourceWriter writer, ModelDescription model, string access, string end)
    {
        writer.Line($"{access}{model.OutputClass} Run(");
        foreach (string parameter in Parameters(model))
            writer.Continued(parameter + ",");
        writer.Continued("global::System.Threading.CancellationToken cancellationToken = default)" + end);
    }

    private static List<string> Parameters(ModelDescription model)
    {
        if (model.HasInputBag)
            return [model.InputBag + " input"];
        List<string> parameters = [];
        foreach (InputDescription input in model.Inputs)
        {
            parameters.Add(Marks.Length(input) + Type(input) + " " + input.Parameter);
            if (input.ShapeParameter is { } shape)
                parameters.Add("global::System.ReadOnlySpan<int> " + shape);
        }
        foreach (AxisStep axis in Asked(model))
            parameters.Add("int " + axis.Variable + (axis.Optional ? " = 1" : ""));
        return parameters;
    }

    private static void EmitAxes(SourceWriter writer, ModelDescription model)
    {
        foreach (AxisStep axis in model.AxisSteps.Where(axis => !axis.IsParameter))
        {
            InputDescription input = model.Inputs[axis.Input];
            IEnumerable<string> shape = input.Shape!.Select(entry => entry == axis.Variable ? "-1" : entry);
            writer.Line(
                $"int {axis.Variable} = global::PruneTasks.Runtime.ModelShapes.Infer({Literals.Text(input.OnnxName)}, {Literals.Text(axis.Text)}, "
                + $"{input.Parameter}.Length, {Stack(shape)});");
        }
    }

    private static string Set(int index, InputDescription input)
    {
        if (input.IsScalar && input.IsString)
            return $"call.Strings({index}, new string[] {{ {input.Parameter} }}, default);";
        if (input.IsScalar)
            return $"call.Scalar({index}, {input.Parameter});";
        string shape = input.ShapeParameter ?? Stack(input.Shape!);
        return $"call.{(input.IsString ? "Strings" : "Input")}({index}, {input.Parameter}, {shape});";
    }

    private static string Stack(IEnumerable<string> entries) => $"stackalloc int[] {{ {string.Join(", ", entries)} }}";

    private static string Bare(string identifier) => identifier.TrimStart('@');
}
