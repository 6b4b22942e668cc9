using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>The label enum, whose values are the class indices, and the original texts.</summary>
internal static class LabelEmitter
{
    public static void Emit(SourceWriter writer, ModelDescription model, string attribute)
    {
        writer.Doc($"<summary>The classes of <see cref=\"{Identifiers.Escape(model.ClassName)}\"/>; the value is the class index.</summary>");
        writer.Line(attribute).Line(Marks.Type("Label")).Line($"internal enum {model.LabelEnum}").Open();
        for (int i = 0; i < model.Labels.Count; i++)
        {
            writer.Doc($"<summary>{Literals.Xml(model.Labels[i].Text)}</summary>");
            writer.Line($"{Identifiers.Escape(model.Labels[i].Member)} = {i},");
        }
        writer.Close().Line();

        writer.Doc($"<summary>The original texts of <see cref=\"{model.LabelEnum}\"/>.</summary>");
        writer.Line(attribute).Line($"internal static class {model.LabelEnum}Extensions").Open();
        writer.Line("private static readonly string[] _texts =").Open();
        foreach (LabelDescription label in model.Labels)
            writer.Line(Literals.Text(label.Text) + ",");
        writer.Close(";").Line();
        writer.Doc("<summary>The label as the spec gives it.</summary>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">Not a class of the model.</exception>");
        writer.Line($"public static string ToText(this {model.LabelEnum} label) =>");
        writer.Continued("(uint)label < (uint)_texts.Length");
        writer.Continued("    ? _texts[(int)label]");
        writer.Continued("    : throw new global::System.ArgumentOutOfRangeException(nameof(label), label, null);");
        writer.Close();
    }
}
