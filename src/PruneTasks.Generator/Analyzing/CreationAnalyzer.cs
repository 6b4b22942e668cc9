using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>
/// PRUNE0502: a model that is loaded in a loop, with each reading of a property, or for one input of a function. Tests and benchmarks load models
/// on purpose, and so does the entry point; a model that is handed on is not made for one call.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class CreationAnalyzer() : ModelAnalyzer(PruneDiagnostics.CreatedAgain)
{
    private static readonly string[] TestNamespaces =
        ["Xunit", "NUnit.Framework", "Microsoft.VisualStudio.TestTools.UnitTesting", "TUnit.Core", "BenchmarkDotNet.Attributes"];

    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types) =>
        context.RegisterOperationAction(operation => Check(operation, types), OperationKind.ObjectCreation, OperationKind.Invocation);

    private void Check(OperationAnalysisContext context, GeneratedTypes types)
    {
        IOperation made = context.Operation;
        if (Ownership.Made(made, types) is not { } type || types.Kind(type) != TypeKindOfModel.Model || IsTest(context.ContainingSymbol.ContainingType))
            return;
        if (Reason(made, context) is not { } reason)
            return;
        string text = reason switch { FixFacts.Loop => "in a loop", FixFacts.Property => "each time the property is read", _ => "for each call" };
        context.ReportDiagnostic(At(made.Syntax, ImmutableDictionary<string, string?>.Empty.Add(FixFacts.Reason, reason), type.Name, text));
    }

    private static string? Reason(IOperation made, OperationAnalysisContext context)
    {
        if (IsReadOfProperty(Flow.Outer(made).Syntax))
            return FixFacts.Property;
        IVariableDeclaratorOperation? declarator = Flow.Declarator(made);
        if (declarator is null ? !IsReceiver(made) : Ownership.Fate(declarator.Symbol, declarator).Escapes)
            return null;
        if (Flow.OuterLoop(made) is { } loop)
            return DependsOn(made, loop) ? null : FixFacts.Loop;
        return IsForOneInput(made, declarator?.Symbol, context) ? FixFacts.Call : null;
    }

    /// <summary><c>Vit Model => new();</c> and the like.</summary>
    private static bool IsReadOfProperty(SyntaxNode value) => value.Parent switch
    {
        ArrowExpressionClauseSyntax { Parent: PropertyDeclarationSyntax or AccessorDeclarationSyntax { Keyword.ValueText: "get" } } => true,
        ReturnStatementSyntax { Parent: BlockSyntax { Statements.Count: 1, Parent: AccessorDeclarationSyntax { Keyword.ValueText: "get" } } } => true,
        _ => false,
    };

    private static bool IsReceiver(IOperation made)
    {
        IOperation outer = Flow.Outer(made);
        return outer.Parent is IInvocationOperation call && call.Instance == outer;
    }

    /// <summary>Another model with each round, for example with options that the loop tries.</summary>
    private static bool DependsOn(IOperation made, ILoopOperation loop) =>
        made.Descendants().Any(operation => operation is ILocalReferenceOperation { Local: { } local }
            && local.DeclaringSyntaxReferences.Any(declared => loop.Syntax.Span.Contains(declared.Span)));

    /// <summary>The function is handed what the model is called with, and calls it outside of any loop: one load for one call.</summary>
    private static bool IsForOneInput(IOperation made, ILocalSymbol? local, OperationAnalysisContext context)
    {
        IOperation function = Flow.Function(made);
        IMethodSymbol? method = function switch
        {
            IAnonymousFunctionOperation lambda => lambda.Symbol,
            ILocalFunctionOperation inner => inner.Symbol,
            _ => context.ContainingSymbol as IMethodSymbol,
        };
        if (method is null || method.MethodKind is MethodKind.Constructor or MethodKind.StaticConstructor
            || SymbolEqualityComparer.Default.Equals(method, context.Compilation.GetEntryPoint(context.CancellationToken)))
        {
            return false;
        }
        IEnumerable<IOperation> receivers = local is null ? [made] : Ownership.References(local, Flow.Root(made));
        return receivers.Any(receiver => Flow.Outer(receiver).Parent is IInvocationOperation call && Flow.OuterLoop(call) is null
            && call.Arguments.Any(argument => argument.Descendants().Any(operation =>
                operation is IParameterReferenceOperation { Parameter: { } parameter } && IsInput(parameter, method))));
    }

    /// <summary>Command lines are read once, and a token is no input.</summary>
    private static bool IsInput(IParameterSymbol parameter, IMethodSymbol method) =>
        SymbolEqualityComparer.Default.Equals(parameter.ContainingSymbol, method) && parameter.Type.Name != "CancellationToken"
        && parameter.Type is not IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_String };

    private static bool IsTest(INamedTypeSymbol? type)
    {
        for (; type is not null; type = type.ContainingType)
        {
            if (type.GetAttributes().Concat(type.GetMembers().SelectMany(member => member.GetAttributes())).Any(IsTestMark))
                return true;
        }
        return false;
    }

    private static bool IsTestMark(AttributeData attribute) =>
        attribute.AttributeClass?.ContainingNamespace?.ToDisplayString() is { } space && TestNamespaces.Contains(space);
}
