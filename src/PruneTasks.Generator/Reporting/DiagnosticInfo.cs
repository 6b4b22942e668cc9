using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Reporting;

/// <summary>A diagnostic as values (id, arguments, place in the manifest), turned into the compiler's type only at the end.</summary>
internal sealed record DiagnosticInfo(string Id, EquatableArray<string> Arguments, string Path, int Line, int Column)
{
    public static DiagnosticInfo Of(PruneDiagnosticDescriptor row, string path, params string[] arguments) =>
        new(row.Id, new EquatableArray<string>(arguments), path, 0, 0);

    public Diagnostic ToDiagnostic()
    {
        PruneDiagnosticDescriptor row = PruneDiagnostics.Find(Id)!;
        LinePosition position = new(Math.Max(0, Line - 1), Math.Max(0, Column - 1));
        Location location = Location.Create(Path, default, new LinePositionSpan(position, position));
        return Diagnostic.Create(Descriptors.Of(row), location, Arguments.ToArray<object>());
    }
}
