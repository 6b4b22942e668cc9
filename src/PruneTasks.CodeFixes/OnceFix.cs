using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using PruneTasks.Generator.Analyzing;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>PRUNE0502: loads before the loop, in a field, or when the object with the property is made.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class OnceFix() : ModelFix(PruneDiagnostics.CreatedAgain)
{
    private protected override (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model)
    {
        if (place is not ExpressionSyntax made)
            return null;
        ExpressionSyntax value = made.Parent is AwaitExpressionSyntax wait ? wait : made;
        return diagnostic.Properties[FixFacts.Reason] switch
        {
            FixFacts.Property => OfProperty(root, value),
            FixFacts.Loop => BeforeLoop(root, made, value, model),
            _ => ToField(root, made, model),
        };
    }

    private static (string, SyntaxNode)? OfProperty(SyntaxNode root, ExpressionSyntax value)
    {
        if (value.FirstAncestorOrSelf<PropertyDeclarationSyntax>() is not { } property || property.AccessorList is { Accessors.Count: > 1 }
            || property.Parent is not (ClassDeclarationSyntax or RecordDeclarationSyntax))
        {
            return null;
        }
        AccessorListSyntax get = SyntaxFactory.AccessorList(SyntaxFactory.SingletonList(
            SyntaxFactory.AccessorDeclaration(SyntaxKind.GetAccessorDeclaration).WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken))));
        PropertyDeclarationSyntax once = property.WithIdentifier(property.Identifier.WithTrailingTrivia(SyntaxFactory.Space)).WithExpressionBody(null).WithAccessorList(get)
            .WithInitializer(SyntaxFactory.EqualsValueClause(value.WithoutTrivia())).WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken))
            .WithTriviaFrom(property).WithAdditionalAnnotations(Formatter.Annotation);
        return ("Load once, with the object", root.ReplaceNode(property, once));
    }

    private static (string, SyntaxNode)? BeforeLoop(SyntaxNode root, ExpressionSyntax made, ExpressionSyntax value, SemanticModel model)
    {
        StatementSyntax? loop = made.Ancestors().TakeWhile(node => node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or MemberDeclarationSyntax and not GlobalStatementSyntax))
            .OfType<StatementSyntax>().LastOrDefault(node => node is ForStatementSyntax or CommonForEachStatementSyntax or WhileStatementSyntax or DoStatementSyntax);
        if (loop is null || !Syntax.IsListed(loop))
            return null;
        return ("Load before the loop", Move(root, made, value, model, loop));
    }

    /// <summary>A field, since the function is called again; before the statement at the top level, where there is no class.</summary>
    private static (string, SyntaxNode)? ToField(SyntaxNode root, ExpressionSyntax made, SemanticModel model)
    {
        bool isFree = made.Parent is not AwaitExpressionSyntax && made.DescendantNodes().OfType<IdentifierNameSyntax>()
            .All(name => model.GetSymbolInfo(name).Symbol is not (ILocalSymbol or IParameterSymbol));
        if (!isFree || model.GetTypeInfo(made).Type is not { } type)
            return null;
        if (made.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } holder)
        {
            return made.FirstAncestorOrSelf<GlobalStatementSyntax>() is { Statement: not LocalFunctionStatementSyntax and { } statement }
                ? ("Load once, before the statement", Move(root, made, made, model, statement))
                : null;
        }
        if (holder is InterfaceDeclarationSyntax)
            return null;
        string field = "_" + (Variable(made)?.Identifier.ValueText ?? Syntax.Local(type.Name));
        if (model.LookupSymbols(made.SpanStart, name: field).Any())
            return null;
        string text = $"private static readonly {type.ToMinimalDisplayString(model, made.SpanStart)} {field} = {made.WithoutTrivia()};";
        MemberDeclarationSyntax member = SyntaxFactory.ParseMemberDeclaration(text)!
            .WithTrailingTrivia(SyntaxFactory.LineFeed, SyntaxFactory.LineFeed).WithAdditionalAnnotations(Formatter.Annotation);
        SyntaxNode tracked = root.TrackNodes(Places(made, model).Append(holder));
        tracked = Replace(tracked, root, made, model, field);
        TypeDeclarationSyntax current = tracked.GetCurrentNode(holder)!;
        return ("Load once, in a field", tracked.ReplaceNode(current, current.WithMembers(current.Members.Insert(0, member))));
    }

    /// <summary>Declares the model before a statement, and nowhere else.</summary>
    private static SyntaxNode Move(SyntaxNode root, ExpressionSyntax made, ExpressionSyntax value, SemanticModel model, StatementSyntax before)
    {
        ITypeSymbol type = model.GetTypeInfo(value).Type!;
        string name = Variable(made)?.Identifier.ValueText ?? Syntax.Local(type.Name);
        LocalDeclarationStatementSyntax declaration = Syntax.Using(type.ToMinimalDisplayString(model, before.SpanStart), name, value)
            .WithLeadingTrivia(before.GetLeadingTrivia());
        SyntaxNode tracked = root.TrackNodes(Places(made, model).Append(before));
        tracked = Replace(tracked, root, made, model, name);
        return Syntax.InsertBefore(tracked, tracked.GetCurrentNode(before)!, declaration);
    }

    /// <summary>The nodes that <see cref="Replace"/> changes.</summary>
    private static IEnumerable<SyntaxNode> Places(ExpressionSyntax made, SemanticModel model)
    {
        if (Variable(made) is not { } variable)
            return [made];
        SyntaxNode statement = variable.Parent!.Parent!;
        return Syntax.Mentions(statement.Parent!, model.GetDeclaredSymbol(variable)!, model).Append<SyntaxNode>(statement);
    }

    /// <summary>Takes the declaration out and gives its mentions the new name; a model without a declaration becomes the name.</summary>
    private static SyntaxNode Replace(SyntaxNode tracked, SyntaxNode root, ExpressionSyntax made, SemanticModel model, string name)
    {
        if (Variable(made) is not { } variable)
            return tracked.ReplaceNode(tracked.GetCurrentNode(made)!, SyntaxFactory.IdentifierName(name).WithTriviaFrom(made));
        IdentifierNameSyntax[] mentions = [.. Places(made, model).OfType<IdentifierNameSyntax>()];
        tracked = tracked.ReplaceNodes(mentions.Select(mention => tracked.GetCurrentNode(mention)!), (_, mention) => SyntaxFactory.IdentifierName(name).WithTriviaFrom(mention));
        SyntaxNode statement = tracked.GetCurrentNode(variable.Parent!.Parent!)!;
        return statement is UsingStatementSyntax block
            ? tracked.ReplaceNode(block, block.Statement.WithTriviaFrom(block).WithAdditionalAnnotations(Formatter.Annotation))
            : Syntax.Remove(tracked, (StatementSyntax)statement);
    }

    /// <summary>The variable that is declared with the model alone.</summary>
    private static VariableDeclaratorSyntax? Variable(ExpressionSyntax made)
    {
        SyntaxNode value = made.Parent is AwaitExpressionSyntax wait ? wait : made;
        return value.Parent is EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Variables.Count: 1 } } variable } ? variable : null;
    }
}
