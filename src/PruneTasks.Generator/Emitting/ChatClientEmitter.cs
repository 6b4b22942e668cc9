using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Manifest;

namespace PruneTasks.Generator.Emitting;

/// <summary>AsChatClient, for apps that reference the abstractions of Microsoft.Extensions.AI: each call is a session of its own.</summary>
internal static class ChatClientEmitter
{
    private const string Ai = "global::Microsoft.Extensions.AI.";
    private const string Messages = $"global::System.Collections.Generic.IEnumerable<{Ai}ChatMessage> messages";

    public static void EmitMethod(SourceWriter writer, ModelDescription model)
    {
        writer.Doc("<summary>This model as a chat client. Messages become a prompt as the spec's 'text.chat' says; disposing the client leaves the model alone.</summary>");
        writer.Line($"public {Ai}IChatClient AsChatClient() => new ChatClient(this);").Line();
    }

    public static void EmitType(SourceWriter writer, ModelDescription model)
    {
        ChatFacts chat = model.Text!.Facts.Chat!;
        string name = Naming.Identifiers.Escape(model.ClassName);
        writer.Line().Line($"partial class {name}").Open();
        writer.Line($"private sealed class ChatClient : {Ai}IChatClient").Open();
        writer.Line($"private readonly {name} _model;").Line();
        writer.Line($"public ChatClient({name} model) => _model = model;").Line();
        writer.Line($"public async global::System.Threading.Tasks.Task<{Ai}ChatResponse> GetResponseAsync({Messages}, {Ai}ChatOptions? options = null, {TextDocs.Token}) =>");
        writer.Continued($"await {Ai}ChatResponseExtensions.ToChatResponseAsync(GetStreamingResponseAsync(messages, options, cancellationToken), cancellationToken).ConfigureAwait(false);").Line();
        writer.Line($"public async global::System.Collections.Generic.IAsyncEnumerable<{Ai}ChatResponseUpdate> GetStreamingResponseAsync(");
        writer.Continued($"{Messages}, {Ai}ChatOptions? options = null, [global::System.Runtime.CompilerServices.EnumeratorCancellation] {TextDocs.Token})").Open();
        writer.Line("if (options?.Tools is { Count: > 0 } || options?.StopSequences is { Count: > 0 })");
        writer.Continued($"throw new global::System.NotSupportedException({Literals.Text($"Model '{model.Name}' has neither tools nor stop sequences.")});");
        writer.Line("global::PruneTasks.GenerationOptions generation = new global::PruneTasks.GenerationOptions").Open();
        writer.Line("MaxNewTokens = options?.MaxOutputTokens ?? int.MaxValue,");
        writer.Line("Temperature = options?.Temperature ?? 0f,").Line("TopK = options?.TopK ?? 0,").Line("TopP = options?.TopP ?? 1f,").Line("Seed = (ulong?)options?.Seed,");
        writer.Close(";");
        writer.Line("global::System.Text.StringBuilder prompt = new global::System.Text.StringBuilder();");
        writer.Line($"foreach ({Ai}ChatMessage message in messages)").Open();
        writer.Line("string format =");
        writer.Continued($"message.Role == {Ai}ChatRole.System ? {Literals.Text(chat.System)} :");
        writer.Continued($"message.Role == {Ai}ChatRole.User ? {Literals.Text(chat.User)} :");
        writer.Continued($"message.Role == {Ai}ChatRole.Assistant ? {Literals.Text(chat.Assistant)} :");
        writer.Continued("throw new global::System.NotSupportedException($\"A message of the role '{message.Role}' has no format in the spec.\");");
        writer.Line("prompt.Append(format.Replace(\"{0}\", message.Text));");
        writer.Close();
        writer.Line($"prompt.Append({Literals.Text(chat.Reply)});");
        writer.Line($"using {model.SessionClass} session = _model.CreateSession();");
        writer.Line("await foreach (string text in global::System.Threading.Tasks.TaskAsyncEnumerableExtensions.ConfigureAwait(session.GenerateAsync(prompt.ToString(), generation, cancellationToken), false))");
        writer.Continued($"yield return new {Ai}ChatResponseUpdate({Ai}ChatRole.Assistant, text) {{ ModelId = _model.Name }};");
        writer.Close().Line();
        writer.Line("public object? GetService(global::System.Type serviceType, object? serviceKey = null) =>");
        writer.Continued("serviceKey is not null ? null");
        writer.Continued($": serviceType == typeof({Ai}ChatClientMetadata) ? new {Ai}ChatClientMetadata(\"PruneTasks\", null, _model.Name)");
        writer.Continued(": serviceType.IsInstanceOfType(this) ? this : serviceType.IsInstanceOfType(_model) ? _model : null;").Line();
        writer.Line("public void Dispose()").Open().Close();
        writer.Close().Close();
    }
}
