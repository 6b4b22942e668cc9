using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PruneTasks.Generator.Analyzing;

/// <summary>Who has to dispose what. In doubt somebody else: an object that is passed on, returned, stored or captured is not ours.</summary>
internal static class Ownership
{
    /// <summary>
    /// The type of the new object where an operation makes one: a constructor, or a method of a generated type that returns one.
    /// A method of the app may return what it keeps, so it makes none.
    /// </summary>
    public static ITypeSymbol? Made(IOperation operation, GeneratedTypes types) => operation switch
    {
        IObjectCreationOperation { Type: { } type } when types.IsOwned(type) => type,
        IInvocationOperation { TargetMethod: { } method } when types.IsOwned(method.ContainingType)
            && GeneratedTypes.Awaited(method.ReturnType) is { } type && types.IsOwned(type) => type,
        _ => null,
    };

    /// <summary>What happens to a local after its declaration.</summary>
    public static (bool Disposed, bool Escapes) Fate(ILocalSymbol local, IVariableDeclaratorOperation declarator)
    {
        bool disposed = IsUsing(declarator.Syntax), escapes = false;
        IOperation function = Flow.Function(declarator);
        foreach (IOperation reference in References(local, Flow.Root(declarator)))
        {
            if (Flow.Function(reference) != function)
            {
                escapes = true;
                continue;
            }
            IOperation outer = Flow.Outer(reference);
            switch (outer.Parent)
            {
                case IInvocationOperation call when call.Instance == outer:
                    disposed |= IsDispose(call.TargetMethod);
                    break;
                case IConditionalAccessOperation access when access.Operation == outer:
                    disposed |= access.WhenNotNull is IInvocationOperation maybe && IsDispose(maybe.TargetMethod);
                    break;
                case IMemberReferenceOperation member when member.Instance == outer:
                case INameOfOperation or IIsPatternOperation or IIsTypeOperation or IBinaryOperation:
                    break;
                case IUsingOperation:
                    disposed = true;
                    break;
                default:
                    escapes = true;
                    break;
            }
        }
        return (disposed, escapes);
    }

    public static IEnumerable<IOperation> References(ISymbol symbol, IOperation root) =>
        root.Descendants().Where(operation => operation is ILocalReferenceOperation { Local: ISymbol local } && SymbolEqualityComparer.Default.Equals(local, symbol)
            || operation is IParameterReferenceOperation { Parameter: ISymbol parameter } && SymbolEqualityComparer.Default.Equals(parameter, symbol)
            || operation is IFieldReferenceOperation { Field: ISymbol field } && SymbolEqualityComparer.Default.Equals(field, symbol));

    /// <summary>Whether a declarator belongs to <c>using var x = …</c> or <c>using (var x = …)</c>.</summary>
    public static bool IsUsing(SyntaxNode declarator) => declarator.Parent?.Parent switch
    {
        LocalDeclarationStatementSyntax statement => statement.UsingKeyword.IsKind(SyntaxKind.UsingKeyword),
        UsingStatementSyntax => true,
        _ => false,
    };

    private static bool IsDispose(IMethodSymbol method) => method.Name is "Dispose" or "DisposeAsync";
}
