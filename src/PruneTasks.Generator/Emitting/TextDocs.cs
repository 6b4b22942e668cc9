using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>Documentation that the calls of several text tasks share, and their overloads for both widths of ids.</summary>
internal static class TextDocs
{
    public const string Token = "global::System.Threading.CancellationToken cancellationToken = default";
    public const string Lengths = "global::System.ReadOnlySpan<int> lengths";

    public static readonly string[] Ids = ["global::System.ReadOnlySpan<int> ids", "global::System.ReadOnlySpan<long> ids"];

    public static void OfIds(SourceWriter writer, ModelDescription model, string summary)
    {
        writer.Doc($"<summary>{summary}</summary>");
        writer.Doc($"<param name=\"ids\">Token ids, with the start and end tokens that the model wants; at most <see cref=\"{Identifiers.Escape(model.ClassName)}.MaxLength\"/>. They are filled up where the model takes a fixed number.</param>");
    }

    public static void OfText(SourceWriter writer, string summary)
    {
        writer.Doc($"<summary>{summary}</summary>");
        writer.Doc("<param name=\"text\">The text. It is split by the embedded tokenizer, and cut where it has more tokens than the model takes, as the spec says.</param>");
    }

    public static void OfAll(SourceWriter writer, string summary)
    {
        writer.Doc($"<summary>{summary} In one run where the model is told what is padding, or all are of one length; else one by one.</summary>");
        writer.Doc("<param name=\"ids\">Token ids of all texts, one after the other.</param>");
        writer.Doc("<param name=\"lengths\">How many ids each text has.</param>");
    }

    public static void End(SourceWriter writer)
    {
        writer.Doc("<param name=\"cancellationToken\">Stops this call between two operators of the model, and no other call.</param>");
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">The model failed, for example on an id outside its vocabulary, or gave another shape than it declares.</exception>");
        writer.Doc("<exception cref=\"global::System.ArgumentException\">No tokens, too many, or a destination that is too short.</exception>");
        writer.Doc("<exception cref=\"global::System.OperationCanceledException\">The call was cancelled.</exception>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
    }
}
