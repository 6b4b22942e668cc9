using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Reporting;

/// <summary>
/// A diagnostic as values (its row, arguments, place in the manifest), turned into the compiler's type only at the end. The row itself, not its id: the
/// table can be searched only after reflection has read all of it.
/// </summary>
internal sealed record DiagnosticInfo(PruneDiagnosticDescriptor Row, EquatableArray<string> Arguments, string Path, int Line, int Column)
{
    public static DiagnosticInfo Of(PruneDiagnosticDescriptor row, string path, params string[] arguments) =>
        new(row, new EquatableArray<string>(arguments), path, 0, 0);

    public Diagnostic ToDiagnostic()
    {
        LinePosition position = new(Math.Max(0, Line - 1), Math.Max(0, Column - 1));
        Location location = Location.Create(Path, default, new LinePositionSpan(position, position));
        return Diagnostic.Create(Descriptors.Of(Row), location, Arguments.ToArray<object>());
    }
}
