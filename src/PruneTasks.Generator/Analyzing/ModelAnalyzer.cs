using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using PruneTasks.Generator.Reporting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Analyzing;

/// <summary>An analyzer of one row of the table, silent where PruneTasks.Runtime is not referenced.</summary>
public abstract class ModelAnalyzer : DiagnosticAnalyzer
{
    private protected ModelAnalyzer(PruneDiagnosticDescriptor row)
    {
        Rule = Descriptors.Of(row);
        SupportedDiagnostics = ImmutableArray.Create(Rule);
    }

    /// <inheritdoc/>
    public sealed override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; }

    private protected DiagnosticDescriptor Rule { get; }

    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (GeneratedTypes.Find(start.Compilation) is { } types)
                Register(start, types);
        });
    }

    private protected abstract void Register(CompilationStartAnalysisContext context, GeneratedTypes types);

    private protected Diagnostic At(SyntaxNode place, params object[] arguments) => Diagnostic.Create(Rule, place.GetLocation(), arguments);

    private protected Diagnostic At(SyntaxNode place, ImmutableDictionary<string, string?> facts, params object[] arguments) =>
        Diagnostic.Create(Rule, place.GetLocation(), facts, arguments);
}
