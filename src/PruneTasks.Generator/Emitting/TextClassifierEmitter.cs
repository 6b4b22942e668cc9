using PruneTasks.Generator.Describing;

namespace PruneTasks.Generator.Emitting;

/// <summary>Classify of a text classifier.</summary>
internal sealed class TextClassifierEmitter(ModelDescription model, bool hasTokenizer) : ITextCalls
{
    private const string Texts = "global::System.Collections.Generic.IReadOnlyList<string> texts";

    public string FieldType => $"global::PruneTasks.Text.TextClassifier<{model.Text!.Output.CSharpType}, {Label}>";

    private string Label => model.Labels.Count > 0 ? model.LabelEnum : "int";

    private string Prediction => $"global::PruneTasks.Prediction<{Label}>";

    private string Destination => $"global::System.Span<{Prediction}> destination";

    public string Construction(string tokenizer) => $"new {FieldType}(_engine, _textSettings, {tokenizer}, {model.Labels.Count})";

    public void EmitConstants(SourceWriter writer)
    {
        if (model.Labels.Count == 0)
            return;
        writer.Doc("<summary>Number of classes.</summary>").Line($"public const int LabelCount = {model.Labels.Count};").Line();
    }

    public void EmitDeclarations(SourceWriter writer)
    {
        foreach (string ids in TextDocs.Ids)
        {
            TextDocs.OfIds(writer, model, "The best class of a text given as token ids. Allocates nothing once its length has been run.");
            TextDocs.End(writer);
            writer.Line($"{Prediction} Classify({ids}, {TextDocs.Token});").Line();
            TextDocs.OfIds(writer, model, "The best classes of a text given as token ids, best first.");
            writer.Doc("<param name=\"destination\">Takes as many classes as it is long.</param>");
            TextDocs.End(writer);
            writer.Doc("<returns>Classes written: less than asked for only when the model has fewer.</returns>");
            writer.Line($"int Classify({ids}, {Destination}, {TextDocs.Token});").Line();
            TextDocs.OfAll(writer, "The best class of each of several texts given as token ids.");
            TextDocs.End(writer);
            writer.Line($"{Prediction}[] ClassifyAll({ids}, {TextDocs.Lengths}, {TextDocs.Token});").Line();
        }
        if (!hasTokenizer)
            return;
        TextDocs.OfText(writer, "The best class of a text.");
        TextDocs.End(writer);
        writer.Line($"{Prediction} Classify(string text, {TextDocs.Token});").Line();
        TextDocs.OfText(writer, "The best classes of a text, best first.");
        writer.Doc("<param name=\"destination\">Takes as many classes as it is long.</param>");
        TextDocs.End(writer);
        writer.Doc("<returns>Classes written: less than asked for only when the model has fewer.</returns>");
        writer.Line($"int Classify(string text, {Destination}, {TextDocs.Token});").Line();
        TextDocs.OfText(writer, "The best class of a text, found on a thread of the pool.");
        TextDocs.End(writer);
        writer.Line($"global::System.Threading.Tasks.Task<{Prediction}> ClassifyAsync(string text, {TextDocs.Token});").Line();
        writer.Doc("<summary>The best class of each of several texts.</summary>").Doc("<param name=\"texts\">The texts.</param>");
        TextDocs.End(writer);
        writer.Line($"{Prediction}[] ClassifyAll({Texts}, {TextDocs.Token});").Line();
    }

    public void EmitMethods(SourceWriter writer)
    {
        foreach (string ids in TextDocs.Ids)
        {
            Forward(writer, $"{Prediction} Classify({ids}, {TextDocs.Token})", "_text.Classify(ids, cancellationToken)");
            Forward(writer, $"int Classify({ids}, {Destination}, {TextDocs.Token})", "_text.Classify(ids, destination, cancellationToken)");
            Forward(writer, $"{Prediction}[] ClassifyAll({ids}, {TextDocs.Lengths}, {TextDocs.Token})", "_text.ClassifyAll(ids, lengths, cancellationToken)");
        }
        if (!hasTokenizer)
            return;
        Forward(writer, $"{Prediction} Classify(string text, {TextDocs.Token})", "_text.Classify(text, cancellationToken)");
        Forward(writer, $"int Classify(string text, {Destination}, {TextDocs.Token})", "_text.Classify(text, destination, cancellationToken)");
        Forward(writer, $"global::System.Threading.Tasks.Task<{Prediction}> ClassifyAsync(string text, {TextDocs.Token})",
            "global::System.Threading.Tasks.Task.Run(() => _text.Classify(text, cancellationToken), cancellationToken)");
        Forward(writer, $"{Prediction}[] ClassifyAll({Texts}, {TextDocs.Token})", "_text.ClassifyAll(texts, cancellationToken)");
    }

    public void EmitTypes(SourceWriter writer, string attribute)
    {
    }

    private static void Forward(SourceWriter writer, string signature, string call) =>
        writer.Doc("<inheritdoc/>").Line($"public {signature} =>").Continued(call + ";").Line();
}
