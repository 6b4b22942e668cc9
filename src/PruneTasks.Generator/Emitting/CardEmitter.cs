using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Manifest;

namespace PruneTasks.Generator.Emitting;

/// <summary>The model's card: what the spec says, completed by what the build embeds.</summary>
internal static class CardEmitter
{
    public static void Emit(SourceWriter writer, ModelDescription model, string name)
    {
        writer.Line("private static global::PruneTasks.ModelCard? _card;").Line();
        writer.Doc("<summary>What the model is, where it comes from, and what pruning did to it.</summary>");
        writer.Line("public static global::PruneTasks.ModelCard Card => _card ??= global::PruneTasks.Runtime.CardReader.Complete(");
        writer.Continued($"typeof({name}),");
        writer.Continued($"{Literals.Text(model.Resource)},");
        writer.Continued("new global::PruneTasks.ModelCard");
        writer.Continued("{");
        CardFacts? card = model.Card;
        Member("Name", card?.Name ?? model.Name);
        Member("Task", model.Task);
        Member("Version", card?.Version);
        Member("License", card?.License);
        Member("Author", card?.Author);
        Member("Source", card?.Source);
        Member("Description", card?.Description);
        writer.Continued("});").Line();
        writer.Doc("<inheritdoc/>");
        writer.Line("global::PruneTasks.ModelCard global::PruneTasks.IPrunedModel.Card => Card;").Line();

        void Member(string member, string? text)
        {
            if (text is not null)
                writer.Continued($"    {member} = {Literals.Text(text)},");
        }
    }

    /// <summary>The first line of the class's documentation.</summary>
    public static string Summary(ModelDescription model)
    {
        IEnumerable<string?> parts = [model.Card?.Name ?? $"The model '{model.Name}'", model.Card?.Version, model.Card?.License, model.Task];
        string summary = string.Join(", ", parts.Where(part => part is { Length: > 0 }).Select(part => Literals.Xml(part!)));
        return model.Card?.Description is { Length: > 0 } description ? $"{summary}. {Literals.Xml(description.TrimEnd('.'))}" : summary;
    }
}
