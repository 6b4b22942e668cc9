using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>
/// PRUNE0503: a request or session that functions on several threads use at once: in the body of a parallel loop, in tasks started in a loop, or in
/// two tasks. One task alone may use it, and so may several under a lock.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SharingAnalyzer() : ModelAnalyzer(PruneDiagnostics.SharedAcrossThreads)
{
    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types) =>
        context.RegisterOperationAction(operation => Check(operation, types), OperationKind.AnonymousFunction);

    private void Check(OperationAnalysisContext context, GeneratedTypes types)
    {
        IAnonymousFunctionOperation function = (IAnonymousFunctionOperation)context.Operation;
        if (Started(function) is not { } start)
            return;
        HashSet<ISymbol> reported = new(SymbolEqualityComparer.Default);
        foreach (IOperation reference in function.Body.Descendants())
        {
            if (Captured(reference) is { } symbol && types.Kind(reference.Type) is { } kind && types.IsForOneCaller(reference.Type)
                && !IsWithin(symbol, function) && !IsLocked(reference, function) && IsManyTimes(start, function, symbol) && reported.Add(symbol))
            {
                context.ReportDiagnostic(At(reference.Syntax, symbol.Name, GeneratedTypes.Word(kind)));
            }
        }
    }

    /// <summary>The call that runs the function elsewhere.</summary>
    private static IOperation? Started(IAnonymousFunctionOperation function)
    {
        IOperation? parent = function.Parent;
        while (parent is IDelegateCreationOperation or IConversionOperation or IArgumentOperation or IArrayInitializerOperation or IArrayCreationOperation)
            parent = parent.Parent;
        return parent switch
        {
            IInvocationOperation call when Is(call.TargetMethod, "System.Threading.Tasks.Parallel", "System.Linq.ParallelEnumerable",
                "System.Threading.Tasks.Task", "System.Threading.Tasks.TaskFactory", "System.Threading.ThreadPool", "System.Linq.Enumerable") => call,
            IObjectCreationOperation { Constructor: { } constructor } made when Is(constructor, "System.Threading.Thread") => made,
            _ => null,
        };
    }

    private static bool IsManyTimes(IOperation start, IAnonymousFunctionOperation function, ISymbol symbol)
    {
        if (start is IInvocationOperation { TargetMethod: { } method } call)
        {
            switch (method.ContainingType.Name)
            {
                case "Parallel" when method.Name != "Invoke":
                case "ParallelEnumerable":
                    return true;
                case "Enumerable":
                    return method.Name == "Select" && IsAwaitedTogether(call) && function.Symbol.ReturnType.Name is "Task" or "ValueTask";
                case "Task" when method.Name != "Run":
                case "TaskFactory" when method.Name != "StartNew":
                case "ThreadPool" when !method.Name.EndsWith("QueueUserWorkItem", StringComparison.Ordinal):
                    return false;
            }
        }
        if (IsWaitedFor(start))
            return false;
        if (Flow.OuterLoop(start) is { } loop && !IsWithin(symbol, loop))
            return true;
        if (Flow.Function(start) is IAnonymousFunctionOperation around && !IsWithin(symbol, around) && Started(around) is IInvocationOperation { TargetMethod.Name: "Select" })
            return true;
        return Ownership.References(symbol, Flow.Root(start)).Any(other => other.Syntax.SpanStart < function.Syntax.SpanStart
            && Flow.Function(other) is IAnonymousFunctionOperation earlier && earlier != function && Started(earlier) is { } before
            && RunTogether(before, start) && !IsLocked(other, earlier));
    }

    /// <summary>Two functions of one Parallel.Invoke, or two tasks or threads of which the first is not waited for before the second starts.</summary>
    private static bool RunTogether(IOperation first, IOperation second)
    {
        if (first == second)
            return first is IInvocationOperation { TargetMethod: { Name: "Invoke", ContainingType.Name: "Parallel" } };
        if (Kind(first) != Kind(second) || IsWaitedFor(first) || !Flow.Follows(first.Syntax, second.Syntax))
            return false;
        bool isThread = first is IObjectCreationOperation;
        return Flow.Declarator(first) is not { } declarator || !Ownership.References(declarator.Symbol, Flow.Root(first)).Any(mention =>
            mention.Syntax.SpanStart < second.Syntax.SpanStart && (!isThread || mention.Parent is IInvocationOperation { TargetMethod.Name: "Join" }));
    }

    private static bool IsWaitedFor(IOperation start) =>
        Flow.Outer(start) != start || start.Parent is IInvocationOperation { TargetMethod.Name: "Wait" or "GetAwaiter" } or IPropertyReferenceOperation { Property.Name: "Result" };

    private static string Kind(IOperation start) => start is IInvocationOperation call ? call.TargetMethod.ContainingType.Name : "Thread";

    private static bool IsAwaitedTogether(IInvocationOperation select)
    {
        IOperation outer = Flow.Outer(select);
        return outer.Parent is IArgumentOperation { Parent: IInvocationOperation { TargetMethod.Name: "WhenAll" or "WhenAny" } };
    }

    private static ISymbol? Captured(IOperation reference) => reference switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation field when !field.Field.GetAttributes().Any(mark => mark.AttributeClass?.Name == "ThreadStaticAttribute") => field.Field,
        _ => null,
    };

    private static bool IsWithin(ISymbol symbol, IOperation around) =>
        symbol is not IFieldSymbol && symbol.DeclaringSyntaxReferences.Any(declared => around.Syntax.Span.Contains(declared.Span));

    private static bool IsLocked(IOperation reference, IOperation function)
    {
        for (IOperation? parent = reference.Parent; parent is not null && parent != function; parent = parent.Parent)
        {
            if (parent is ILockOperation)
                return true;
        }
        return false;
    }

    private static bool Is(IMethodSymbol method, params string[] types) => types.Contains(method.ContainingType.OriginalDefinition.ToDisplayString());
}
