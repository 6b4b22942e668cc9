using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>Embed of a text embedder, and IEmbeddingGenerator where the app references its abstractions.</summary>
internal sealed class TextEmbedderEmitter(ModelDescription model, bool hasTokenizer, bool hasAbstractions) : ITextCalls
{
    private const string Texts = "global::System.Collections.Generic.IReadOnlyList<string> texts";
    private const string Ai = "global::Microsoft.Extensions.AI.";
    private const string Generator = $"{Ai}IEmbeddingGenerator<string, {Ai}Embedding<float>>";

    public string FieldType => $"global::PruneTasks.Text.TextEmbedder<{model.Text!.Output.CSharpType}>";

    private string Destination => "[global::PruneTasks.Runtime.TensorLength(Dimensions, global::PruneTasks.Runtime.TensorLengthRule.AtLeast)] global::System.Span<float> destination";

    public string Construction(string tokenizer) => $"new {FieldType}(_engine, _textSettings, {tokenizer}, Dimensions)";

    public void EmitConstants(SourceWriter writer) =>
        writer.Doc("<summary>Length of a vector.</summary>").Line($"public const int Dimensions = {model.Text!.Facts.Width};").Line();

    public void EmitDeclarations(SourceWriter writer)
    {
        string own = Destination.Replace("(Dimensions,", $"({Identifiers.Escape(model.ClassName)}.Dimensions,");
        foreach (string ids in TextDocs.Ids)
        {
            TextDocs.OfIds(writer, model, $"The vector of a text given as token ids{Unit}. Allocates nothing once its length has been run.");
            Vector(writer, "Takes the vector.");
            writer.Line($"void Embed({ids}, {own}, {TextDocs.Token});").Line();
            TextDocs.OfAll(writer, $"The vectors of several texts given as token ids{Unit}.");
            Vector(writer, "Takes the vectors, one after the other.");
            writer.Line($"void EmbedAll({ids}, {TextDocs.Lengths}, global::System.Span<float> destination, {TextDocs.Token});").Line();
        }
        if (!hasTokenizer)
            return;
        TextDocs.OfText(writer, $"The vector of a text{Unit}.");
        Vector(writer, "Takes the vector.");
        writer.Line($"void Embed(string text, {own}, {TextDocs.Token});").Line();
        TextDocs.OfText(writer, $"The vector of a text{Unit}, found on a thread of the pool.");
        TextDocs.End(writer);
        writer.Line($"global::System.Threading.Tasks.Task<float[]> EmbedAsync(string text, {TextDocs.Token});").Line();
        writer.Doc($"<summary>The vectors of several texts{Unit}.</summary>").Doc("<param name=\"texts\">The texts.</param>");
        Vector(writer, "Takes the vectors, one after the other.");
        writer.Line($"void EmbedAll({Texts}, global::System.Span<float> destination, {TextDocs.Token});").Line();
    }

    public void EmitMethods(SourceWriter writer)
    {
        foreach (string ids in TextDocs.Ids)
        {
            Forward(writer, $"void Embed({ids}, {Destination}, {TextDocs.Token})", "_text.Embed(ids, destination, cancellationToken)");
            Forward(writer, $"void EmbedAll({ids}, {TextDocs.Lengths}, global::System.Span<float> destination, {TextDocs.Token})", "_text.EmbedAll(ids, lengths, destination, cancellationToken)");
        }
        if (!hasTokenizer)
            return;
        Forward(writer, $"void Embed(string text, {Destination}, {TextDocs.Token})", "_text.Embed(text, destination, cancellationToken)");
        Forward(writer, $"void EmbedAll({Texts}, global::System.Span<float> destination, {TextDocs.Token})", "_text.EmbedAll(texts, destination, cancellationToken)");
        writer.Doc("<inheritdoc/>");
        writer.Line($"public global::System.Threading.Tasks.Task<float[]> EmbedAsync(string text, {TextDocs.Token}) =>");
        writer.Continued("global::System.Threading.Tasks.Task.Run(() =>");
        writer.Continued("{");
        writer.Continued("    float[] vector = new float[Dimensions];");
        writer.Continued("    _text.Embed(text, vector, cancellationToken);");
        writer.Continued("    return vector;");
        writer.Continued("}, cancellationToken);").Line();
    }

    /// <summary>The interface is explicit: its names are those of a framework, not of this class.</summary>
    public void EmitTypes(SourceWriter writer, string attribute)
    {
        if (!hasTokenizer || !hasAbstractions)
            return;
        string name = Identifiers.Escape(model.ClassName);
        string list = $"{Ai}GeneratedEmbeddings<{Ai}Embedding<float>>";
        writer.Line().Line($"partial class {name} : {Generator}").Open();
        writer.Line($"global::System.Threading.Tasks.Task<{list}> {Generator}.GenerateAsync(");
        writer.Continued("global::System.Collections.Generic.IEnumerable<string> values,");
        writer.Continued($"{Ai}EmbeddingGenerationOptions? options,");
        writer.Continued("global::System.Threading.CancellationToken cancellationToken)").Open();
        writer.Line("if (options?.Dimensions is { } dimensions && dimensions != Dimensions)");
        writer.Continued($"throw new global::System.NotSupportedException({Literals.Text($"Model '{model.Name}' gives vectors of {model.Text!.Facts.Width} numbers only.")});");
        writer.Line("string[] texts = global::System.Linq.Enumerable.ToArray(values);");
        writer.Line("return global::System.Threading.Tasks.Task.Run(() =>").Open();
        writer.Line("float[] vectors = new float[checked(texts.Length * Dimensions)];");
        writer.Line("_text.EmbedAll(texts, vectors, cancellationToken);");
        writer.Line($"{list} embeddings = new {list}(texts.Length);");
        writer.Line("for (int i = 0; i < texts.Length; i++)");
        writer.Continued($"embeddings.Add(new {Ai}Embedding<float>(new global::System.ReadOnlyMemory<float>(vectors, i * Dimensions, Dimensions)) {{ ModelId = Name }});");
        writer.Line("return embeddings;");
        writer.Close(", cancellationToken);").Close().Line();
        writer.Line($"object? {Ai}IEmbeddingGenerator.GetService(global::System.Type serviceType, object? serviceKey) =>");
        writer.Continued("serviceKey is not null ? null");
        writer.Continued($": serviceType == typeof({Ai}EmbeddingGeneratorMetadata) ? new {Ai}EmbeddingGeneratorMetadata(\"PruneTasks\", null, Name, Dimensions)");
        writer.Continued(": serviceType.IsInstanceOfType(this) ? this : null;");
        writer.Close();
    }

    private string Unit => model.Text!.Facts.Normalize ? ", of length 1" : "";

    private static void Vector(SourceWriter writer, string what)
    {
        writer.Doc($"<param name=\"destination\">{what}</param>");
        TextDocs.End(writer);
    }

    private static void Forward(SourceWriter writer, string signature, string call) =>
        writer.Doc("<inheritdoc/>").Line($"public {signature} =>").Continued(call + ";").Line();
}
