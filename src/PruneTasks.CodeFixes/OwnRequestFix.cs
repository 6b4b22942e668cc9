using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0503: creates a request inside the function that other threads run, in the way of the one outside.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class OwnRequestFix() : ModelFix(PruneDiagnostics.SharedAcrossThreads)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        if (place is not IdentifierNameSyntax name || model.GetSymbolInfo(name).Symbol is not ILocalSymbol local
            || local.DeclaringSyntaxReferences is not [var declared] || declared.GetSyntax() is not VariableDeclaratorSyntax { Initializer.Value: InvocationExpressionSyntax create } declarator)
        {
            return null;
        }
        LambdaExpressionSyntax? lambda = name.Ancestors().OfType<LambdaExpressionSyntax>().LastOrDefault(around => !around.Span.Contains(declarator.Span));
        if (lambda is null || model.GetSymbolInfo(lambda).Symbol is not IMethodSymbol function)
            return null;
        bool isAsync = lambda.AsyncKeyword.IsKind(SyntaxKind.AsyncKeyword);
        bool givesTask = function.ReturnType is INamedTypeSymbol { Name: "Task" or "ValueTask" };
        // A block that hands a task out would dispose the request before the task has ended.
        if (!isAsync && givesTask && lambda.ExpressionBody is null)
            return null;
        string own = "own" + char.ToUpperInvariant(local.Name[0]) + local.Name.Substring(1);
        LambdaExpressionSyntax renamed = lambda.ReplaceNodes(Syntax.Mentions(lambda, local, model), (_, mention) => SyntaxFactory.IdentifierName(own).WithTriviaFrom(mention));
        StatementSyntax first = Syntax.Using("var", own, create);
        BlockSyntax block;
        if (renamed.ExpressionBody is { } expression)
        {
            bool wait = !isAsync && givesTask;
            bool hasValue = givesTask ? ((INamedTypeSymbol)function.ReturnType).Arity == 1 : !function.ReturnsVoid;
            ExpressionSyntax body = wait
                ? SyntaxFactory.AwaitExpression(SyntaxFactory.Token(SyntaxKind.AwaitKeyword).WithTrailingTrivia(SyntaxFactory.Space), expression.WithoutTrivia())
                : expression.WithoutTrivia();
            StatementSyntax last = hasValue
                ? SyntaxFactory.ReturnStatement(SyntaxFactory.Token(SyntaxKind.ReturnKeyword).WithTrailingTrivia(SyntaxFactory.Space), body, SyntaxFactory.Token(SyntaxKind.SemicolonToken))
                : SyntaxFactory.ExpressionStatement(body);
            block = SyntaxFactory.Block(first, last.WithTrailingTrivia(SyntaxFactory.LineFeed));
            if (wait)
                renamed = renamed.WithAsyncKeyword(SyntaxFactory.Token(SyntaxKind.AsyncKeyword).WithTrailingTrivia(SyntaxFactory.Space));
        }
        else
        {
            BlockSyntax old = (BlockSyntax)renamed.Body;
            block = old.WithStatements(old.Statements.Insert(0, first));
        }
        return ("Create a request in each call", root.ReplaceNode(lambda, renamed.WithBody(block).WithAdditionalAnnotations(Formatter.Annotation)));
    }
}
