using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PruneTasks.Generator.Naming;
using PruneTasks.Generator.Reporting;

namespace PruneTasks.Generator;

/// <summary>
/// A partial class of the app with <c>[PrunedModel]</c>: where the class of a model shall be. Values only; the place is a path and a line,
/// because a location would hold the compilation.
/// </summary>
internal sealed record Declaration(string Model, string ClassName, string Namespace, bool Public, bool Nested, string Path, int Line, int Column)
{
    public const string Attribute = "PruneTasks.PrunedModelAttribute";

    private static readonly string[] _endings = [".prune.yaml", ".onnx"];

    public static Declaration? Of(GeneratorAttributeSyntaxContext context)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.TargetSymbol;
        if (context.Attributes[0].ConstructorArguments is not [{ Value: string model }])
            return null;
        FileLinePositionSpan place = ((ClassDeclarationSyntax)context.TargetNode).Identifier.GetLocation().GetLineSpan();
        return new Declaration(
            NameOf(model),
            type.Name,
            type.ContainingNamespace.IsGlobalNamespace ? "" : Identifiers.Namespace(type.ContainingNamespace.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat.WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.None))),
            type.DeclaredAccessibility == Accessibility.Public,
            type.ContainingType is not null || type.IsGenericType,
            place.Path,
            place.StartLinePosition.Line + 1,
            place.StartLinePosition.Character + 1);
    }

    public DiagnosticInfo Report(Spec.Diagnostics.PruneDiagnosticDescriptor row, params string[] arguments) =>
        new(row, new EquatableArray<string>(arguments), Path, Line, Column);

    /// <summary>The file's name without its ending; a bare name stays as it is.</summary>
    private static string NameOf(string model)
    {
        string file = model.Substring(model.LastIndexOfAny(['/', '\\']) + 1);
        string? ending = _endings.FirstOrDefault(end => file.EndsWith(end, StringComparison.OrdinalIgnoreCase));
        return ending is null ? file : file.Substring(0, file.Length - ending.Length);
    }
}
