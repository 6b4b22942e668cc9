using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>
/// PRUNE0506: a view (ReadOnlySpan, TensorView) of a request's, session's or output's memory that is read after the owner ran again or was disposed.
/// Only what happens for certain is reported: view, call and reading follow each other in statements that always run in this order.
/// A view taken before the first run is meant to show each result in turn, so it is left alone, and so are the writable spans of inputs.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SpanAnalyzer() : ModelAnalyzer(PruneDiagnostics.SpanOutlivesOwner)
{
    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types) =>
        context.RegisterOperationAction(operation => Check(operation, types), OperationKind.VariableDeclarator);

    private void Check(OperationAnalysisContext context, GeneratedTypes types)
    {
        IVariableDeclaratorOperation declarator = (IVariableDeclaratorOperation)context.Operation;
        if (!IsView(declarator.Symbol.Type) || declarator.GetVariableInitializer()?.Value is not { } value || Owner(value, types) is not { } owner)
            return;
        IOperation root = Flow.Root(declarator);
        IInvocationOperation[] calls = [.. Ownership.References(owner, root).Select(Call).OfType<IInvocationOperation>()
            .Where(call => Flow.Function(call) == Flow.Function(declarator)).OrderBy(call => call.Syntax.SpanStart)];
        bool ran = Flow.Inner(value) is IInvocationOperation || calls.Any(call => Overwrites(call, types) && call.Syntax.Span.End <= declarator.Syntax.SpanStart);
        IOperation[] reads = [.. Ownership.References(declarator.Symbol, root)];
        foreach (IInvocationOperation call in calls.Where(call => call.Syntax.SpanStart >= declarator.Syntax.Span.End))
        {
            bool ends = IsDispose(call.TargetMethod);
            if (!(ends || (ran && Overwrites(call, types))) || !Flow.Follows(declarator.Syntax, call.Syntax))
                continue;
            IOperation? late = reads.FirstOrDefault(read => read.Syntax.SpanStart >= call.Syntax.Span.End && Flow.Follows(call.Syntax, read.Syntax));
            if (late is null || reads.Any(read => IsTarget(read) && read.Syntax.SpanStart >= declarator.Syntax.Span.End && read.Syntax.SpanStart <= late.Syntax.SpanStart))
                continue;
            context.ReportDiagnostic(Diagnostic.Create(
                Rule, late.Syntax.GetLocation(), [declarator.Syntax.GetLocation()], declarator.Symbol.Name, owner.Name, call.TargetMethod.Name));
            return;
        }
    }

    private static bool IsView(ITypeSymbol type) => type is INamedTypeSymbol { Arity: 1, Name: "ReadOnlySpan" or "TensorView" };

    /// <summary>The local or parameter whose memory a value shows; members, slices and indices of a view show the same.</summary>
    private static ISymbol? Owner(IOperation value, GeneratedTypes types)
    {
        while (true)
        {
            value = Flow.Inner(value);
            IOperation? instance = value switch
            {
                IInvocationOperation { TargetMethod.Name: not ("ToArray" or "ToString") } call => call.Instance,
                IPropertyReferenceOperation property => property.Instance,
                IImplicitIndexerReferenceOperation range => range.Instance,
                _ => null,
            };
            switch (instance)
            {
                case null: return null;
                case ILocalReferenceOperation local when IsOwner(local.Type, types): return local.Local;
                case IParameterReferenceOperation parameter when IsOwner(parameter.Type, types): return parameter.Parameter;
            }
            if (!instance.Type!.IsRefLikeType)
                return null;
            value = instance;
        }
    }

    private static bool IsOwner(ITypeSymbol? type, GeneratedTypes types) =>
        types.Kind(type) is TypeKindOfModel.Request or TypeKindOfModel.Session or TypeKindOfModel.Output;

    private static IInvocationOperation? Call(IOperation reference) =>
        Flow.Outer(reference) is var outer && outer.Parent is IInvocationOperation call && call.Instance == outer ? call : null;

    /// <summary>Run and RunAsync of a request; what appends to or generates in a session. Not what only reads or makes something new.</summary>
    private static bool Overwrites(IInvocationOperation call, GeneratedTypes types) => types.Kind(call.TargetMethod.ContainingType) switch
    {
        TypeKindOfModel.Request => call.TargetMethod.Name is "Run" or "RunAsync",
        TypeKindOfModel.Session => call.TargetMethod.Name is "Append" or "AppendAsync" or "Generate" or "GenerateAsync",
        _ => false,
    };

    private static bool IsDispose(IMethodSymbol method) => method.Name is "Dispose" or "DisposeAsync";

    private static bool IsTarget(IOperation read) => read.Parent is IAssignmentOperation assignment && assignment.Target == read;
}
