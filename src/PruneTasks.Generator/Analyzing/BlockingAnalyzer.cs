using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>
/// PRUNE0507: in an asynchronous function, a call of a generated type that has an asynchronous twin with the same parameters. Twins that take other
/// parameters (memory instead of spans) need other code around them, so the blocking call may be meant.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BlockingAnalyzer() : ModelAnalyzer(PruneDiagnostics.BlockingCall)
{
    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types) =>
        context.RegisterOperationAction(operation => Check(operation, types), OperationKind.Invocation);

    private void Check(OperationAnalysisContext context, GeneratedTypes types)
    {
        IInvocationOperation call = (IInvocationOperation)context.Operation;
        if (!types.IsOwned(call.TargetMethod.ContainingType) || call.TargetMethod.Name == "Dispose" || !IsAsync(call, context) || IsWhereAwaitIsNot(call))
            return;
        string name = call.TargetMethod.Name + "Async";
        if (call.TargetMethod.ContainingType.GetMembers(name).OfType<IMethodSymbol>().Any(twin => Fits(twin, call)))
            context.ReportDiagnostic(At(call.Syntax, ImmutableDictionary<string, string?>.Empty.Add(FixFacts.Twin, name), call.TargetMethod.Name, name));
    }

    /// <summary>Every argument given has a parameter of the same name and type there, and the others are optional.</summary>
    private static bool Fits(IMethodSymbol twin, IInvocationOperation call)
    {
        IParameterSymbol[] given = [.. call.Arguments.Where(argument => argument.ArgumentKind != ArgumentKind.DefaultValue).Select(argument => argument.Parameter!)];
        return GeneratedTypes.Awaited(twin.ReturnType) is { } result && twin.ReturnType.Name is "Task" or "ValueTask"
            && (call.TargetMethod.ReturnsVoid || SymbolEqualityComparer.Default.Equals(result, call.TargetMethod.ReturnType))
            && given.All(parameter => twin.Parameters.Any(other =>
                other.Name == parameter.Name && SymbolEqualityComparer.Default.Equals(other.Type, parameter.Type)))
            && twin.Parameters.All(other => other.IsOptional || given.Any(parameter => parameter.Name == other.Name));
    }

    private static bool IsAsync(IOperation call, OperationAnalysisContext context) => Flow.Function(call) switch
    {
        IAnonymousFunctionOperation lambda => lambda.Symbol.IsAsync,
        ILocalFunctionOperation function => function.Symbol.IsAsync,
        _ => context.ContainingSymbol is IMethodSymbol { IsAsync: true },
    };

    private static bool IsWhereAwaitIsNot(IOperation call)
    {
        for (IOperation? parent = call.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is ILockOperation)
                return true;
            if (parent is IAnonymousFunctionOperation or ILocalFunctionOperation)
                return false;
        }
        return false;
    }
}
