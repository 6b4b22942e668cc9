using System.Reflection;

namespace PruneTasks.Spec.Diagnostics;

/// <summary>
/// The table of diagnostics: one field per row, one file per block (00 spec, 01 model, 02 generated code, 03 runtime, 04 pruning,
/// 05 analyzers, 09 worker). A new row needs its page <c>docs/diagnostics/PRUNEnnnn.md</c>; a test asserts it.
/// An id is never given to another meaning, also not after its row is gone.
/// </summary>
public static partial class PruneDiagnostics
{
    private static readonly Lazy<IReadOnlyList<PruneDiagnosticDescriptor>> Rows = new(Collect);

    /// <summary>All rows, in order of their ids.</summary>
    public static IReadOnlyList<PruneDiagnosticDescriptor> All => Rows.Value;

    /// <summary>The row of an id, or null.</summary>
    public static PruneDiagnosticDescriptor? Find(string id) =>
        All.FirstOrDefault(row => string.Equals(row.Id, id, StringComparison.Ordinal));

    private static IReadOnlyList<PruneDiagnosticDescriptor> Collect() =>
        [.. typeof(PruneDiagnostics)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(PruneDiagnosticDescriptor))
            .Select(field => (PruneDiagnosticDescriptor)field.GetValue(null)!)
            .OrderBy(row => row.Id, StringComparer.Ordinal)];

    private static PruneDiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, PruneSeverity.Error, title, message);

    private static PruneDiagnosticDescriptor Warning(string id, string title, string message) =>
        new(id, PruneSeverity.Warning, title, message);

    private static PruneDiagnosticDescriptor Info(string id, string title, string message) =>
        new(id, PruneSeverity.Info, title, message);
}
