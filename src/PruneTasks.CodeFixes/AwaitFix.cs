using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PruneTasks.Generator.Analyzing;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0507: awaits the asynchronous twin.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AwaitFix() : ModelFix(PruneDiagnostics.BlockingCall)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        string twin = diagnostic.Properties[FixFacts.Twin]!;
        if (place is not InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } call)
            return null;
        InvocationExpressionSyntax other = call.WithExpression(access.WithName(SyntaxFactory.IdentifierName(twin).WithTriviaFrom(access.Name)));
        ExpressionSyntax awaited = SyntaxFactory.AwaitExpression(
            SyntaxFactory.Token(SyntaxKind.AwaitKeyword).WithTrailingTrivia(SyntaxFactory.Space), other.WithoutTrivia());
        if (call.Parent is MemberAccessExpressionSyntax or ElementAccessExpressionSyntax or ConditionalAccessExpressionSyntax)
            awaited = SyntaxFactory.ParenthesizedExpression(awaited);
        return ($"Await '{twin}'", root.ReplaceNode(call, awaited.WithTriviaFrom(call)));
    }
}
