using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PruneTasks.Generator.Analyzing;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0505: compares the label itself. A switch changes as a whole: only where every text in it has a member.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class LabelFix() : ModelFix(PruneDiagnostics.LabelAsText)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        const string Title = "Compare with the member";
        switch (place)
        {
            case BinaryExpressionSyntax binary:
                bool isLeft = Label(binary.Left, model) is not null;
                return Comparison(isLeft ? binary.Left : binary.Right, isLeft ? binary.Right : binary.Left, model) is { } sides
                    ? (Title, root.ReplaceNode(binary, binary.WithLeft(sides.Label.WithTriviaFrom(binary.Left)).WithRight(sides.Member.WithTriviaFrom(binary.Right))))
                    : null;
            case InvocationExpressionSyntax call:
                ExpressionSyntax[] values = [.. Receiver(call, model) is { } receiver ? new[] { receiver } : [], .. call.ArgumentList.Arguments.Select(argument => argument.Expression)];
                bool isFirst = Label(values[0], model) is not null;
                if (Comparison(values[isFirst ? 0 : 1], values[isFirst ? 1 : 0], model) is not { } pair)
                    return null;
                ExpressionSyntax equal = SyntaxFactory.ParseExpression($"{pair.Label.WithoutTrivia()} == {pair.Member}").WithTriviaFrom(call);
                return (Title, root.ReplaceNode(call, call.Parent is PrefixUnaryExpressionSyntax ? SyntaxFactory.ParenthesizedExpression(equal) : equal));
            default:
                return place.AncestorsAndSelf().FirstOrDefault(node => node is IsPatternExpressionSyntax or SwitchExpressionSyntax or SwitchStatementSyntax) is { } choice
                    && Choice(choice, model) is { } changed ? (Title, root.ReplaceNode(choice, changed)) : null;
        }
    }

    private static SyntaxNode? Choice(SyntaxNode choice, SemanticModel model)
    {
        (ExpressionSyntax text, IEnumerable<SyntaxNode> arms) = choice switch
        {
            IsPatternExpressionSyntax match => (match.Expression, [match.Pattern]),
            SwitchExpressionSyntax expression => (expression.GoverningExpression, expression.Arms.Select(arm => (SyntaxNode)arm.Pattern)),
            SwitchStatementSyntax statement => (statement.Expression, statement.Sections.SelectMany(section => section.Labels)),
            _ => throw new ArgumentOutOfRangeException(nameof(choice)),
        };
        if (Label(text, model) is not { } label)
            return null;
        Dictionary<SyntaxNode, SyntaxNode> changes = new() { [text] = label.Label.WithTriviaFrom(text) };
        foreach (SyntaxNode arm in arms)
        {
            // Only constants, 'or', 'not', '_' and 'default' mean the same for a label as for its text.
            if (arm.DescendantNodesAndSelf().Any(node => node is PatternSyntax and not (ConstantPatternSyntax or BinaryPatternSyntax or UnaryPatternSyntax or ParenthesizedPatternSyntax or DiscardPatternSyntax)))
                return null;
            foreach (ExpressionSyntax constant in arm.DescendantNodesAndSelf().Select(Constant).OfType<ExpressionSyntax>())
            {
                if (Member(label, constant, model) is not { } member)
                    return null;
                changes[constant] = member.WithTriviaFrom(constant);
            }
        }
        return choice.ReplaceNodes(changes.Keys, (old, _) => changes[old]);
    }

    private static ExpressionSyntax? Constant(SyntaxNode node) => node switch
    {
        ConstantPatternSyntax pattern => pattern.Expression,
        CaseSwitchLabelSyntax label => label.Value,
        _ => null,
    };

    private static (ExpressionSyntax Label, ExpressionSyntax Member)? Comparison(ExpressionSyntax text, ExpressionSyntax constant, SemanticModel model) =>
        Label(text, model) is { } label && Member(label, constant, model) is { } member ? (label.Label, member) : null;

    private static ExpressionSyntax? Member((ExpressionSyntax Label, INamedTypeSymbol Type, bool IsName) label, ExpressionSyntax constant, SemanticModel model) =>
        model.GetConstantValue(constant).Value is string text && LabelMembers.Find(label.Type, text, label.IsName) is { } member
            ? SyntaxFactory.ParseExpression($"{label.Type.ToMinimalDisplayString(model, constant.SpanStart)}.{Generator.Naming.Identifiers.Escape(member)}")
            : null;

    /// <summary>The label whose text an expression is. The analyzer has made sure of the method; here only its one value is taken.</summary>
    private static (ExpressionSyntax Label, INamedTypeSymbol Type, bool IsName)? Label(ExpressionSyntax text, SemanticModel model)
    {
        if (text is ParenthesizedExpressionSyntax parentheses)
            return Label(parentheses.Expression, model);
        if (text is not InvocationExpressionSyntax call)
            return null;
        ExpressionSyntax? label = Receiver(call, model) ?? (call.ArgumentList.Arguments is [var only] ? only.Expression : null);
        return label is not null && model.GetTypeInfo(label).Type is INamedTypeSymbol { TypeKind: TypeKind.Enum } type
            ? (label, type, model.GetSymbolInfo(call).Symbol is { Name: "ToString" })
            : null;
    }

    /// <summary>What a method is called on; null where it is called on a type.</summary>
    private static ExpressionSyntax? Receiver(InvocationExpressionSyntax call, SemanticModel model) =>
        call.Expression is MemberAccessExpressionSyntax access && model.GetSymbolInfo(access.Expression).Symbol is not INamedTypeSymbol ? access.Expression : null;
}
