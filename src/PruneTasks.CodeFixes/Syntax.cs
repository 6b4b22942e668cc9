using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace PruneTasks.CodeFixes;

/// <summary>Pieces of syntax that several fixes write.</summary>
internal static class Syntax
{
    /// <summary><c>using T name = value;</c></summary>
    public static LocalDeclarationStatementSyntax Using(string type, string name, ExpressionSyntax value) =>
        SyntaxFactory.LocalDeclarationStatement(
                SyntaxFactory.VariableDeclaration(
                    SyntaxFactory.ParseTypeName(type),
                    SyntaxFactory.SingletonSeparatedList(SyntaxFactory.VariableDeclarator(name)
                        .WithInitializer(SyntaxFactory.EqualsValueClause(value.WithoutTrivia())))))
            .NormalizeWhitespace()
            .WithUsingKeyword(SyntaxFactory.Token(SyntaxKind.UsingKeyword).WithTrailingTrivia(SyntaxFactory.Space))
            .WithTrailingTrivia(SyntaxFactory.LineFeed)
            .WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary>The name of a local for an object of a type.</summary>
    public static string Local(string type) => char.ToLowerInvariant(type[0]) + type.Substring(1);

    /// <summary>Every mention of a symbol inside a node.</summary>
    public static IEnumerable<IdentifierNameSyntax> Mentions(SyntaxNode node, ISymbol symbol, SemanticModel model) =>
        node.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name =>
            name.Identifier.ValueText == symbol.Name && SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(name).Symbol, symbol));

    /// <summary>A statement in a list, to which others can be added: in braces, or at the top level.</summary>
    public static bool IsListed(StatementSyntax statement) => statement.Parent is BlockSyntax or GlobalStatementSyntax;

    /// <summary>Puts a statement before one that stands in a list.</summary>
    public static SyntaxNode InsertBefore(SyntaxNode root, StatementSyntax place, StatementSyntax added) => place.Parent is GlobalStatementSyntax global
        ? root.InsertNodesBefore(global, [SyntaxFactory.GlobalStatement(added)])
        : root.InsertNodesBefore(place, [added]);

    /// <summary>Takes a statement that stands in a list out of it.</summary>
    public static SyntaxNode Remove(SyntaxNode root, StatementSyntax statement) =>
        root.RemoveNode(statement.Parent is GlobalStatementSyntax global ? global : statement, SyntaxRemoveOptions.KeepNoTrivia)!;
}
