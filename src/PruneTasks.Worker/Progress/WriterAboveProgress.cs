using System.Text;

namespace PruneTasks.Worker.Progress;

/// <summary>A writer whose lines appear above the bar of the same terminal.</summary>
internal sealed class WriterAboveProgress(TextWriter writer, TerminalProgress progress) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => writer.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => progress.Above(() => writer.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => progress.Above(() => writer.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => progress.Above(() => writer.WriteLine(value));
}
