using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>CreateSession and the session class of a causal language model.</summary>
internal sealed class LanguageModelEmitter(ModelDescription model, bool hasTokenizer, bool hasAbstractions) : ITextCalls
{
    private const string Ids = "global::System.Collections.Generic.IReadOnlyList<int> ids";
    private const string Options = "global::PruneTasks.GenerationOptions? options = null, ";
    private const string Stream = "global::System.Collections.Generic.IAsyncEnumerable";

    public string FieldType => "global::PruneTasks.Text.LanguageModel";

    private string Class => Identifiers.Escape(model.ClassName);

    private bool HasChat => hasTokenizer && hasAbstractions && model.Text!.Facts.Chat is not null;

    public string Construction(string tokenizer) => $"new {FieldType}(_engine, _textSettings, {tokenizer})";

    public void EmitConstants(SourceWriter writer)
    {
        if (model.Text!.Facts.Width > 0)
            writer.Doc("<summary>Number of tokens of the vocabulary.</summary>").Line($"public const int VocabularySize = {model.Text.Facts.Width};").Line();
    }

    public void EmitDeclarations(SourceWriter writer)
    {
        writer.Doc("<summary>Begins a conversation. Sessions are independent; each is for one caller at a time. Dispose it.</summary>");
        writer.Doc($"<param name=\"maxLength\">Most tokens of prompts and answers together; 0 for <see cref=\"{Class}.MaxLength\"/>.</param>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">Negative, or more than the model takes.</exception>");
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">The model cannot continue a text, or failed.</exception>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
        writer.Line($"{model.SessionClass} CreateSession(int maxLength = 0);").Line();
    }

    public void EmitMethods(SourceWriter writer)
    {
        writer.Doc("<inheritdoc/>").Line($"public {model.SessionClass} CreateSession(int maxLength = 0) =>");
        writer.Continued($"new {model.SessionClass}(_text.CreateSession(maxLength){(hasTokenizer ? ", Tokenizer" : "")});").Line();
        if (HasChat)
            ChatClientEmitter.EmitMethod(writer, model);
    }

    public void EmitTypes(SourceWriter writer, string attribute)
    {
        string name = model.SessionClass;
        writer.Line().Doc($"<summary>One conversation with <see cref=\"{Class}\"/>. For one caller at a time; dispose it.</summary>");
        writer.Line(attribute).Line(Marks.Type("Session")).Line($"{model.Access} sealed partial class {name} : global::System.IDisposable").Open();
        writer.Line("private readonly global::PruneTasks.Text.LanguageSession _session;").Line();
        if (hasTokenizer)
            writer.Line("private readonly global::PruneTasks.Text.TextTokenizer _tokenizer;").Line();
        writer.Line($"internal {name}(global::PruneTasks.Text.LanguageSession session{(hasTokenizer ? ", global::PruneTasks.Text.TextTokenizer tokenizer" : "")})").Open();
        writer.Line("_session = session;");
        if (hasTokenizer)
            writer.Line("_tokenizer = tokenizer;");
        writer.Close().Line();
        writer.Doc("<summary>Tokens so far.</summary>").Line("public int Length => _session.Length;").Line();
        writer.Doc("<summary>Most tokens.</summary>").Line("public int MaxLength => _session.MaxLength;").Line();
        writer.Doc("<summary>The tokens so far, until the next call.</summary>").Line("public global::System.ReadOnlySpan<int> Tokens => _session.Tokens;").Line();
        EmitCalls(writer);
        if (hasTokenizer)
            EmitTexts(writer);
        writer.Doc("<summary>Keeps the first tokens and drops the others.</summary>");
        writer.Doc("<param name=\"length\">Tokens that stay, 0 to <see cref=\"Length\"/>.</param>");
        writer.Doc("<exception cref=\"global::System.ArgumentOutOfRangeException\">Outside that range.</exception>");
        writer.Line("public void Rewind(int length) => _session.Rewind(length);").Line();
        writer.Doc("<summary>A second session that goes on from here by itself. Dispose it.</summary>");
        writer.Line($"public {name} Fork() => new {name}(_session.Fork(){(hasTokenizer ? ", _tokenizer" : "")});").Line();
        writer.Doc("<summary>Lets go of the buffers; a call under way finishes first.</summary>");
        writer.Line("public void Dispose() => _session.Dispose();");
        writer.Close();
        if (HasChat)
            ChatClientEmitter.EmitType(writer, model);
    }

    private static void EmitCalls(SourceWriter writer)
    {
        writer.Doc("<summary>Adds tokens and runs the model. Allocates nothing where the session has been at this length before.</summary>");
        writer.Doc("<param name=\"tokens\">Token ids, at least one where the session has none.</param>");
        writer.Doc("<returns>Scores (logits) of the token that comes next, one per token of the vocabulary. The next call writes over them.</returns>");
        End(writer);
        writer.Line($"public global::System.ReadOnlySpan<float> Append(global::System.ReadOnlySpan<int> tokens, {TextDocs.Token}) =>");
        writer.Continued("_session.Append(tokens, cancellationToken);").Line();
        writer.Doc("<summary>Adds a prompt and writes on, token by token. The tokens given out belong to the session then.</summary>");
        writer.Doc("<param name=\"prompt\">Token ids; may be empty where the session has some.</param>");
        writer.Doc("<param name=\"options\">How tokens are picked; null takes the likeliest.</param>");
        End(writer);
        writer.Line($"public {Stream}<int> GenerateAsync(global::System.ReadOnlyMemory<int> prompt, {Options}{TextDocs.Token}) =>");
        writer.Continued("_session.GenerateAsync(prompt, options, cancellationToken);").Line();
    }

    private static void EmitTexts(SourceWriter writer)
    {
        writer.Doc("<summary>Adds a prompt and writes on, as text in pieces of whole characters.</summary>");
        writer.Doc("<param name=\"prompt\">The prompt; the model's start tokens go in front of the first one.</param>");
        writer.Doc("<param name=\"options\">How tokens are picked; null takes the likeliest.</param>");
        End(writer);
        writer.Line($"public {Stream}<string> GenerateAsync(string prompt, {Options}{TextDocs.Token}) =>");
        writer.Continued("_session.GenerateTextAsync(prompt, options, cancellationToken);").Line();
        writer.Doc("<summary>The text of token ids. Bytes that are not yet a whole character become U+FFFD.</summary>");
        writer.Line($"public string Decode({Ids}) => _tokenizer.Decode(ids);").Line();
        writer.Doc("<summary>The text of one token id.</summary>");
        writer.Line("public string Decode(int id) => _tokenizer.Decode(new int[] { id });").Line();
    }

    private static void End(SourceWriter writer)
    {
        TextDocs.End(writer);
        writer.Doc("<exception cref=\"global::System.InvalidOperationException\">Another call uses this session.</exception>");
    }
}
