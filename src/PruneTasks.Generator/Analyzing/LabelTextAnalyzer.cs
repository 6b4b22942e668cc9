using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>PRUNE0505: a label whose text, as the generated method or ToString gives it, is compared with a constant: a typing error there compiles.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LabelTextAnalyzer() : ModelAnalyzer(PruneDiagnostics.LabelAsText)
{
    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types)
    {
        context.RegisterOperationAction(operation => CheckBinary(operation, types), OperationKind.Binary);
        context.RegisterOperationAction(operation => CheckCall(operation, types), OperationKind.Invocation);
        context.RegisterOperationAction(operation => CheckPattern(operation, types), OperationKind.ConstantPattern);
        context.RegisterOperationAction(operation => CheckCase(operation, types), OperationKind.CaseClause);
    }

    private void CheckBinary(OperationAnalysisContext context, GeneratedTypes types)
    {
        IBinaryOperation binary = (IBinaryOperation)context.Operation;
        if (binary.OperatorKind is BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals)
            Check(context, types, binary.LeftOperand, binary.RightOperand);
    }

    /// <summary>string.Equals in its forms.</summary>
    private void CheckCall(OperationAnalysisContext context, GeneratedTypes types)
    {
        IInvocationOperation call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod is not { Name: "Equals", ContainingType.SpecialType: SpecialType.System_String })
            return;
        IOperation[] values = [.. call.Instance is { } instance ? new[] { instance } : [], .. call.Arguments.Select(argument => argument.Value)];
        if (values.Length >= 2)
            Check(context, types, values[0], values[1]);
    }

    private void CheckPattern(OperationAnalysisContext context, GeneratedTypes types)
    {
        IConstantPatternOperation pattern = (IConstantPatternOperation)context.Operation;
        IOperation? parent = pattern.Parent;
        while (parent is IPatternOperation or ISwitchExpressionArmOperation or IPatternCaseClauseOperation or ISwitchCaseOperation)
            parent = parent.Parent;
        IOperation? value = parent switch
        {
            IIsPatternOperation match => match.Value,
            ISwitchExpressionOperation choice => choice.Value,
            ISwitchOperation choice => choice.Value,
            _ => null,
        };
        if (value is not null)
            Check(context, types, value, pattern.Value);
    }

    private void CheckCase(OperationAnalysisContext context, GeneratedTypes types)
    {
        if (context.Operation is ISingleValueCaseClauseOperation { Value: { } text, Parent.Parent: ISwitchOperation choice })
            Check(context, types, choice.Value, text);
    }

    private void Check(OperationAnalysisContext context, GeneratedTypes types, IOperation one, IOperation other)
    {
        if (Label(one, types) is null)
            (one, other) = (other, one);
        if (Label(one, types) is not { } label || other.ConstantValue is not { HasValue: true, Value: string text })
            return;
        INamedTypeSymbol type = (INamedTypeSymbol)label.Label.Type!;
        string? member = LabelMembers.Find(type, text, label.IsName);
        ImmutableDictionary<string, string?> facts = ImmutableDictionary<string, string?>.Empty;
        if (member is not null)
            facts = facts.Add(FixFacts.Member, member);
        context.ReportDiagnostic(At(context.Operation.Syntax, facts, text, member is null ? "a member of " + type.Name : type.Name + "." + member));
    }

    /// <summary>The label whose text an operation is, and whether the text is the member's name.</summary>
    private static (IOperation Label, bool IsName)? Label(IOperation text, GeneratedTypes types)
    {
        if (Flow.Inner(text) is not IInvocationOperation { Type.SpecialType: SpecialType.System_String } call)
            return null;
        if (call.Instance is { } instance)
            return types.IsLabel(instance.Type) && call is { TargetMethod.Name: "ToString", Arguments.Length: 0 } ? (instance, true) : null;
        // The app may have its own words for labels; only the generated method gives the original ones.
        bool generated = call.TargetMethod.ContainingType.GetAttributes().Any(mark =>
            mark.AttributeClass?.Name == "GeneratedCodeAttribute" && mark.ConstructorArguments is [{ Value: "PruneTasks" }, ..]);
        return generated && call.Arguments is [{ Value: { } label }] && types.IsLabel(label.Type) ? (label, false) : null;
    }
}
