using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>
/// PRUNE0501: a model, request, session or output that is made and neither disposed nor handed on. A local whose object goes anywhere else
/// (returned, stored, passed, captured) belongs to somebody else; so does everything that is made for a field or a container.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DisposalAnalyzer() : ModelAnalyzer(PruneDiagnostics.NotDisposed)
{
    private protected override void Register(CompilationStartAnalysisContext context, GeneratedTypes types) =>
        context.RegisterOperationAction(operation => Check(operation, types), OperationKind.ObjectCreation, OperationKind.Invocation);

    private void Check(OperationAnalysisContext context, GeneratedTypes types)
    {
        if (Ownership.Made(context.Operation, types) is not { } type || !IsLost(context.Operation))
            return;
        IVariableDeclaratorOperation? declarator = Flow.Declarator(context.Operation);
        context.ReportDiagnostic(At(
            declarator?.Syntax ?? context.Operation.Syntax, GeneratedTypes.Word(types.Kind(type)!.Value), declarator?.Symbol.Name ?? type.Name));
    }

    private static bool IsLost(IOperation made)
    {
        if (Flow.Declarator(made) is { } declarator)
        {
            // A task that is not awaited here has another owner: who awaits it.
            return SymbolEqualityComparer.Default.Equals(declarator.Symbol.Type, GeneratedTypes.Awaited(made.Type))
                && Ownership.Fate(declarator.Symbol, declarator) is { Disposed: false, Escapes: false };
        }
        IOperation outer = Flow.Outer(made);
        return outer.Parent switch
        {
            // A lambda such as 'Throws(() => new Vit())' is about the exception.
            IExpressionStatementOperation { Parent: IBlockOperation { Parent: IAnonymousFunctionOperation { Syntax: Microsoft.CodeAnalysis.CSharp.Syntax.LambdaExpressionSyntax { ExpressionBody: not null } } } } => false,
            IExpressionStatementOperation => true,
            ISimpleAssignmentOperation { Target: IDiscardOperation } => true,
            IInvocationOperation call => call.Instance == outer && call.TargetMethod.Name is not ("Dispose" or "DisposeAsync"),
            IMemberReferenceOperation member => member.Instance == outer,
            _ => false,
        };
    }
}
