using System.Globalization;
using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>The label enum, whose values are the class indices, and the original texts.</summary>
internal static class LabelEmitter
{
    /// <summary>Above this number editors and reflection suffer from an enum; a struct around the index takes its place.</summary>
    public const int LargestEnum = 4096;

    public static void Emit(SourceWriter writer, ModelDescription model, string attribute)
    {
        if (model.Labels.Count > LargestEnum)
        {
            EmitStruct(writer, model, attribute);
            return;
        }
        writer.Doc($"<summary>The classes of <see cref=\"{Identifiers.Escape(model.ClassName)}\"/>; the value is the class index.</summary>");
        writer.Line(attribute).Line(Marks.Type("Label")).Line($"{model.Access} enum {model.LabelEnum}").Open();
        for (int i = 0; i < model.Labels.Count; i++)
        {
            LabelDescription label = model.Labels[i];
            writer.Line("/// <summary>", Literals.Xml(label.Text), "</summary>");
            writer.Line(Identifiers.Escape(label.Member), " = ", i.ToString(CultureInfo.InvariantCulture) + ",");
        }
        writer.Close().Line();

        writer.Doc($"<summary>The original texts of <see cref=\"{model.LabelEnum}\"/>.</summary>");
        writer.Line(attribute).Line($"{model.Access} static class {model.LabelEnum}Extensions").Open();
        Texts(writer, model);
        writer.Doc("<summary>The label as the spec gives it.</summary>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">Not a class of the model.</exception>");
        writer.Line($"public static string ToText(this {model.LabelEnum} label) =>");
        writer.Continued("(uint)label < (uint)_texts.Length");
        writer.Continued("    ? _texts[(int)label]");
        writer.Continued("    : throw new global::System.ArgumentOutOfRangeException(nameof(label), label, null);");
        writer.Close();
    }

    private static void EmitStruct(SourceWriter writer, ModelDescription model, string attribute)
    {
        writer.Doc($"<summary>A class of <see cref=\"{Identifiers.Escape(model.ClassName)}\"/>; a struct, because there are {model.Labels.Count}.</summary>");
        writer.Doc("<param name=\"Index\">The class index.</param>");
        writer.Line(attribute).Line(Marks.Type("Label")).Line($"{model.Access} readonly record struct {model.LabelEnum}(int Index)").Open();
        writer.Doc("<summary>The label as the spec gives it.</summary>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">Not a class of the model.</exception>");
        writer.Line($"public string ToText() => {model.LabelEnum}Extensions.TextOf(Index);").Line();
        writer.Doc("<summary>The label as the spec gives it; the index where the model has no such class.</summary>");
        writer.Line($"public override string ToString() => {model.LabelEnum}Extensions.Has(Index) ? ToText() : Index.ToString(global::System.Globalization.CultureInfo.InvariantCulture);");
        writer.Close().Line();
        writer.Doc($"<summary>The original texts of <see cref=\"{model.LabelEnum}\"/>.</summary>");
        writer.Line(attribute).Line($"internal static class {model.LabelEnum}Extensions").Open();
        Texts(writer, model);
        writer.Line("internal static bool Has(int index) => (uint)index < (uint)_texts.Length;").Line();
        writer.Line("internal static string TextOf(int index) => Has(index) ? _texts[index] : throw new global::System.ArgumentOutOfRangeException(nameof(index), index, null);");
        writer.Close();
    }

    private static void Texts(SourceWriter writer, ModelDescription model)
    {
        writer.Line("private static readonly string[] _texts =").Open();
        foreach (LabelDescription label in model.Labels)
            writer.Line("", Literals.Text(label.Text), ",");
        writer.Close(";").Line();
    }
}
