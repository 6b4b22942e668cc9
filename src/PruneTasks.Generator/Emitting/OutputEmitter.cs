using PruneTasks.Generator.Describing;

namespace PruneTasks.Generator.Emitting;

/// <summary>The output class: one property per output, which throws once the object is disposed.</summary>
internal static class OutputEmitter
{
    public static void Emit(SourceWriter writer, ModelDescription model)
    {
        writer.Line(Marks.Type("Output"));
        writer.Line($"internal sealed partial class {model.OutputClass} : global::System.IDisposable").Open();
        foreach (OutputDescription output in model.Outputs)
            writer.Line($"private {Tensor(output)}? {output.Field};");
        writer.Line();
        IEnumerable<string> parameters = model.Outputs.Select((output, i) => $"{Tensor(output)} output{i}");
        writer.Line($"internal {model.OutputClass}({string.Join(", ", parameters)})").Open();
        for (int i = 0; i < model.Outputs.Count; i++)
            writer.Line($"{model.Outputs[i].Field} = output{i};");
        writer.Close().Line();
        foreach (OutputDescription output in model.Outputs)
        {
            writer.Doc($"<summary>Output '{Literals.Xml(output.OnnxName)}': {Literals.Xml(output.ShapeText)}.</summary>");
            writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
            writer.Line($"public global::PruneTasks.TensorView<{output.CSharpType}> {output.Property} =>");
            writer.Continued($"({output.Field} ?? throw new global::System.ObjectDisposedException(nameof({model.OutputClass}))).View;").Line();
        }
        writer.Doc("<summary>Lets go of the values.</summary>");
        writer.Line("public void Dispose()").Open();
        foreach (OutputDescription output in model.Outputs)
            writer.Line($"{output.Field} = null;");
        writer.Close().Close();
    }

    private static string Tensor(OutputDescription output) => $"global::PruneTasks.Runtime.OutputTensor<{output.CSharpType}>";
}
