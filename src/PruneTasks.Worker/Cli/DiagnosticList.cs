using System.Collections.ObjectModel;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Cli;

/// <summary>Collects diagnostics and prints each as it comes, one canonical line.</summary>
internal sealed class DiagnosticList(TextWriter writer) : Collection<PruneDiagnostic>
{
    /// <inheritdoc/>
    protected override void InsertItem(int index, PruneDiagnostic item)
    {
        base.InsertItem(index, item);
        writer.WriteLine(item.ToString());
    }
}
