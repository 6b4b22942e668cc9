using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes;

/// <summary>The fix of one row of the table; offered only where the changed text is known to mean the same.</summary>
public abstract class ModelFix : CodeFixProvider
{
    private protected ModelFix(PruneDiagnosticDescriptor row) => FixableDiagnosticIds = ImmutableArray.Create(row.Id);

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; }

    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        SemanticModel? model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (root is null || model is null)
            return;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            SyntaxNode place = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            if (Change(root, place, diagnostic, model) is { } change)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(change.Title, _ => Task.FromResult(context.Document.WithSyntaxRoot(change.Root)), equivalenceKey: diagnostic.Id), diagnostic);
            }
        }
    }

    /// <summary>What the fix is called and what the file becomes; null where it does not apply.</summary>
    private protected abstract (string Title, SyntaxNode Root)? Change(SyntaxNode root, SyntaxNode place, Diagnostic diagnostic, SemanticModel model);
}
