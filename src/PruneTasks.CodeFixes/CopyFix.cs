using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0506: copies the values when the view is taken.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class CopyFix() : ModelFix(PruneDiagnostics.SpanOutlivesOwner)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        if (diagnostic.AdditionalLocations is not [var declared]
            || root.FindNode(declared.SourceSpan) is not VariableDeclaratorSyntax { Initializer.Value: { } value }
            || model.GetTypeInfo(value).Type is not { Name: "ReadOnlySpan" or "Span" })
        {
            return null;
        }
        ExpressionSyntax whole = value is InvocationExpressionSyntax or MemberAccessExpressionSyntax or IdentifierNameSyntax or ElementAccessExpressionSyntax
            ? value
            : SyntaxFactory.ParenthesizedExpression(value);
        ExpressionSyntax copy = SyntaxFactory.InvocationExpression(
            SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, whole.WithoutTrivia(), SyntaxFactory.IdentifierName("ToArray")));
        return ("Copy the values", root.ReplaceNode(value, copy.WithTriviaFrom(value)));
    }
}
