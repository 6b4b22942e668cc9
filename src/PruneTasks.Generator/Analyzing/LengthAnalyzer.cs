using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>PRUNE0504: an array or span whose length is known while compiling, and which the tensor cannot take. The call would throw.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LengthAnalyzer() : ModelAnalyzer(PruneDiagnostics.LengthCannotFit)
{
    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types) =>
        context.RegisterOperationAction(operation => Check(operation, types), OperationKind.Argument);

    private void Check(OperationAnalysisContext context, GeneratedTypes types)
    {
        IArgumentOperation argument = (IArgumentOperation)context.Operation;
        if (argument.ArgumentKind != ArgumentKind.Explicit || types.Length(argument.Parameter) is not { } wanted
            || argument.Syntax is not ArgumentSyntax { Expression: { } expression } || argument.SemanticModel is not { } model
            || Length(expression, model, argument) is not { } length)
        {
            return;
        }
        (bool fits, string text, long nearest) = wanted.Rule switch
        {
            0 => (length == wanted.Length, $"exactly {wanted.Length}", wanted.Length),
            1 => (length % wanted.Length == 0, $"multiples of {wanted.Length}", Math.Max(1, (length + wanted.Length - 1) / wanted.Length) * wanted.Length),
            _ => (length >= wanted.Length, $"at least {wanted.Length}", wanted.Length),
        };
        if (!fits)
        {
            context.ReportDiagnostic(At(
                expression, ImmutableDictionary<string, string?>.Empty.Add(FixFacts.Length, nearest.ToString(CultureInfo.InvariantCulture)),
                length.ToString(CultureInfo.InvariantCulture), argument.Parameter!.Name, text));
        }
    }

    private static long? Length(ExpressionSyntax expression, SemanticModel model, IOperation place) => expression switch
    {
        ArrayCreationExpressionSyntax array => array.Initializer?.Expressions.Count ?? Size(array.Type, model),
        StackAllocArrayCreationExpressionSyntax stack => stack.Initializer?.Expressions.Count ?? Size(stack.Type as ArrayTypeSyntax, model),
        ImplicitArrayCreationExpressionSyntax array => array.Initializer.Expressions.Count,
        ImplicitStackAllocArrayCreationExpressionSyntax stack => stack.Initializer.Expressions.Count,
        CollectionExpressionSyntax collection => collection.Elements.All(element => element is ExpressionElementSyntax) ? collection.Elements.Count : null,
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "AsSpan" } whole, ArgumentList.Arguments: [] } => Length(whole.Expression, model, place),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "AsSpan" or "Slice" }, ArgumentList.Arguments: [_, var count] } =>
            Constant(count.Expression, model),
        IdentifierNameSyntax name when model.GetSymbolInfo(name).Symbol is ILocalSymbol local => OfLocal(local, model, place),
        _ => null,
    };

    /// <summary>The length of what a local is declared with, if it never becomes anything else.</summary>
    private static long? OfLocal(ILocalSymbol local, SemanticModel model, IOperation place)
    {
        if (local.DeclaringSyntaxReferences is not [var declared] || declared.GetSyntax() is not VariableDeclaratorSyntax { Initializer.Value: { } value }
            || value is IdentifierNameSyntax || value.SyntaxTree != model.SyntaxTree)
        {
            return null;
        }
        bool changes = Ownership.References(local, Flow.Root(place)).Any(reference => reference.Parent switch
        {
            IAssignmentOperation assignment => assignment.Target == reference,
            IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out } => true,
            ITupleOperation or IAddressOfOperation => true,
            _ => false,
        });
        return changes ? null : Length(value, model, place);
    }

    private static long? Size(ArrayTypeSyntax? type, SemanticModel model) =>
        type?.RankSpecifiers is [{ Sizes: [var size] }] ? Constant(size, model) : null;

    private static long? Constant(ExpressionSyntax expression, SemanticModel model) => model.GetConstantValue(expression).Value switch
    {
        int number => number,
        long number => number,
        _ => null,
    };
}
