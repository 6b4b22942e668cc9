using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>The request class, and the method that creates one: inputs and outputs in place, nothing allocated per run.</summary>
internal static class RequestEmitter
{
    private const string Disposed = "<exception cref=\"global::System.ObjectDisposedException\">The request or its model was disposed.</exception>";
    private const string InUse = "<exception cref=\"global::System.InvalidOperationException\">Another call uses this request.</exception>";
    private const string Token = "global::System.Threading.CancellationToken cancellationToken = default";

    public static void EmitCreate(SourceWriter writer, ModelDescription model)
    {
        string call = $"new {model.RequestClass}(_engine.CreateRequest(";
        InputDescription[] shaped = [.. model.Inputs.Where(input => input.ShapeParameter is not null)];
        string shapes = shaped.Length == 0 ? "" : ", new int[]?[] { " + string.Join(", ", model.Inputs.Select(input => input.ShapeParameter is { } shape ? $"{shape}.ToArray()" : "null")) + " }";
        writer.Doc("<summary>A request with buffers of its own, for calls over and over: nothing is allocated per run. For one thread at a time; dispose it.</summary>");
        if (model.Axes.Count > 1)
            writer.Doc("<param name=\"capacity\">Largest size of each axis; a run may use less.</param>");
        else if (model.HasAxes)
            writer.Doc($"<param name=\"{Bare(model.Axes[0].Variable)}\">Largest number of entries of {AxesEmitter.Named(model.Axes[0])}; a run may use less.</param>");
        foreach (InputDescription input in shaped)
            writer.Doc($"<param name=\"{Bare(input.ShapeParameter!)}\">Entries per axis of '{Literals.Xml(input.OnnxName)}'.</param>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">A negative size.</exception>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
        List<string> parameters = [.. shaped.Select(input => $"global::System.ReadOnlySpan<int> {input.ShapeParameter}")];
        string capacity = "global::System.Array.Empty<int>()";
        if (model.Axes.Count > 1)
        {
            parameters.Insert(0, $"{model.AxesRecord} capacity");
            capacity = AxesEmitter.Array(model, "capacity");
        }
        else if (model.HasAxes)
        {
            AxisDescription axis = model.Axes[0];
            parameters.Add($"int {axis.Variable}{(axis.Leads ? " = 1" : "")}");
            capacity = $"new int[] {{ {axis.Variable} }}";
        }
        writer.Line($"public {model.RequestClass} CreateRequest({string.Join(", ", parameters)}) =>");
        writer.Continued($"{call}{capacity}{shapes}));").Line();
    }

    public static void Emit(SourceWriter writer, ModelDescription model, string attribute)
    {
        writer.Doc($"<summary>A call of <see cref=\"{Identifiers.Escape(model.ClassName)}\"/> that is made over and over: write the inputs, run, read the outputs. For one thread at a time.</summary>");
        writer.Line(attribute).Line(Marks.Type("Request"));
        writer.Line($"{model.Access} sealed partial class {model.RequestClass} : global::System.IDisposable").Open();
        writer.Line("private readonly global::PruneTasks.Runtime.ModelRequest _request;").Line();
        writer.Line($"internal {model.RequestClass}(global::PruneTasks.Runtime.ModelRequest request) => _request = request;").Line();
        if (model.HasAxes)
            EmitAxes(writer, model);
        for (int i = 0; i < model.Inputs.Count; i++)
            EmitInput(writer, model.Inputs[i], i);
        for (int i = 0; i < model.Outputs.Count; i++)
            EmitOutput(writer, model.Outputs[i], i);
        EmitRun(writer);
        writer.Close();
    }

    private static void EmitAxes(SourceWriter writer, ModelDescription model)
    {
        writer.Doc("<summary>The largest size of each axis.</summary>");
        writer.Line($"public {model.AxesRecord} Capacity => new {model.AxesRecord}({Indices(model, "_request.Capacity")});").Line();
        writer.Doc("<summary>The size of each axis now, at first the capacity. After a change write the inputs anew: they are packed by the new shape.</summary>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">Negative, or above the capacity.</exception>");
        writer.Doc(InUse);
        writer.Line($"public {model.AxesRecord} Axes").Open();
        writer.Line($"get => new {model.AxesRecord}({Indices(model, "_request.Axes")});");
        writer.Line($"set => _request.Resize(stackalloc int[] {{ {AxesEmitter.List(model, "value")} }});");
        writer.Close().Line();
    }

    private static string Indices(ModelDescription model, string span) => string.Join(", ", model.Axes.Select((_, i) => $"{span}[{i}]"));

    private static void EmitInput(SourceWriter writer, InputDescription input, int index)
    {
        writer.Doc($"<summary>Input '{Literals.Xml(input.OnnxName)}', to be written: {Literals.Xml(input.ShapeText)}.</summary>");
        writer.Doc(InUse);
        string name = Identifiers.Escape(input.Property);
        string span = input.IsString ? $"_request.StringInput({index})" : $"_request.Input<{input.CSharpType}>({index})";
        if (input.IsScalar)
        {
            writer.Line($"public {input.CSharpType} {name}").Open();
            writer.Line($"get => {span}[0];").Line($"set => {span}[0] = value;");
            writer.Close().Line();
            return;
        }
        writer.Line($"public global::System.Span<{input.CSharpType}> {name} => {span};").Line();
    }

    private static void EmitOutput(SourceWriter writer, OutputDescription output, int index)
    {
        writer.Doc($"<summary>Output '{Literals.Xml(output.OnnxName)}' of the last run, which the next one writes over: {Literals.Xml(output.ShapeText)}.</summary>");
        writer.Doc("<exception cref=\"global::System.InvalidOperationException\">The request has not run with these axes, or another call uses it.</exception>");
        string name = Identifiers.Escape(output.RequestProperty);
        if (output.IsString)
            writer.Line(output.IsScalar ? $"public string {name} => _request.StringOutput({index})[0];" : $"public global::System.Collections.Generic.IReadOnlyList<string> {name} => _request.StringOutput({index});").Line();
        else if (output.IsScalar)
            writer.Line($"public {output.CSharpType} {name} => _request.Output<{output.CSharpType}>({index})[0];").Line();
        else
            writer.Line($"public global::PruneTasks.TensorView<{output.CSharpType}> {name} => new global::PruneTasks.TensorView<{output.CSharpType}>(_request.Output<{output.CSharpType}>({index}), _request.OutputShape({index}));").Line();
    }

    private static void EmitRun(SourceWriter writer)
    {
        writer.Doc("<summary>Runs the model on the inputs as they are.</summary>");
        RunDocs(writer);
        writer.Line($"public void Run({Token}) => _request.Run(cancellationToken);").Line();
        writer.Doc("<summary>As <see cref=\"Run\"/>, on a thread of the pool. Await it once; until then the request is in use.</summary>");
        RunDocs(writer);
        writer.Line($"public global::System.Threading.Tasks.ValueTask RunAsync({Token}) => _request.RunAsync(cancellationToken);").Line();
        writer.Doc("<summary>Lets go of the buffers; a run under way finishes first.</summary>");
        writer.Line("public void Dispose() => _request.Dispose();");
    }

    private static void RunDocs(SourceWriter writer)
    {
        writer.Doc("<param name=\"cancellationToken\">Stops this run between two operators of the model, and no other run.</param>");
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">The model failed.</exception>");
        writer.Doc("<exception cref=\"global::System.OperationCanceledException\">The run was cancelled.</exception>");
        writer.Doc(InUse);
        writer.Doc(Disposed);
    }

    private static string Bare(string identifier) => identifier.TrimStart('@');
}
