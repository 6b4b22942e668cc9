using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0501: declares with 'using' what is made.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class UsingFix() : ModelFix(PruneDiagnostics.NotDisposed)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        const string Title = "Declare with 'using'";
        if (place.FirstAncestorOrSelf<StatementSyntax>() is not { } statement || !Syntax.IsListed(statement))
            return null;
        switch (statement)
        {
            case LocalDeclarationStatementSyntax { Declaration.Variables.Count: 1 } declaration when place is VariableDeclaratorSyntax:
                SyntaxTriviaList leading = declaration.GetLeadingTrivia();
                return (Title, root.ReplaceNode(declaration, declaration.WithoutLeadingTrivia()
                    .WithUsingKeyword(SyntaxFactory.Token(leading, SyntaxKind.UsingKeyword, SyntaxFactory.TriviaList(SyntaxFactory.Space)))));
            case ExpressionStatementSyntax { Expression: { } expression } whole:
                ExpressionSyntax value = expression is AssignmentExpressionSyntax { Right: { } right } ? right : expression;
                ExpressionSyntax made = value is AwaitExpressionSyntax wait ? wait.Expression : value;
                if (made != place || model.GetTypeInfo(value).Type is not { } type)
                    return null;
                return (Title, root.ReplaceNode(whole, Syntax.Using(type.ToMinimalDisplayString(model, whole.SpanStart), Free(model, whole, Syntax.Local(type.Name)), value)
                    .WithTriviaFrom(whole)));
            default:
                return null;
        }
    }

    /// <summary>The name, with a number where it means something here already.</summary>
    private static string Free(SemanticModel model, SyntaxNode place, string name)
    {
        string free = name;
        for (int i = 2; !model.LookupSymbols(place.SpanStart, name: free).IsEmpty; i++)
            free = name + i;
        return free;
    }
}
