using System.Composition;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PruneTasks.Generator.Analyzing;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0504: writes the length that the tensor takes, where a length is written; values that are missing cannot be invented.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class LengthFix() : ModelFix(PruneDiagnostics.LengthCannotFit)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        string length = diagnostic.Properties[FixFacts.Length]!;
        SyntaxNode? made = place;
        if (place is IdentifierNameSyntax name && model.GetSymbolInfo(name).Symbol is ILocalSymbol { DeclaringSyntaxReferences: [var declared] })
            made = (declared.GetSyntax() as VariableDeclaratorSyntax)?.Initializer?.Value;
        ExpressionSyntax? size = made switch
        {
            ArrayCreationExpressionSyntax { Initializer: null, Type.RankSpecifiers: [{ Sizes: [var one] }] } => one,
            StackAllocArrayCreationExpressionSyntax { Initializer: null, Type: ArrayTypeSyntax { RankSpecifiers: [{ Sizes: [var one] }] } } => one,
            _ => null,
        };
        if (size is null || !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return null;
        return ($"Make it {length} long", root.ReplaceNode(
            size, SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(number)).WithTriviaFrom(size)));
    }
}
