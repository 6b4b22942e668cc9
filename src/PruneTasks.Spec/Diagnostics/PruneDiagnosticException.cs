namespace PruneTasks.Spec.Diagnostics;

/// <summary>Carries diagnostics out of code that cannot go on. At least one of them is an error.</summary>
public sealed class PruneDiagnosticException : Exception
{
    /// <summary>Several diagnostics.</summary>
    public PruneDiagnosticException(IReadOnlyList<PruneDiagnostic> diagnostics)
        : base(string.Join(Environment.NewLine, diagnostics)) => Diagnostics = diagnostics;

    /// <summary>One diagnostic, and what caused it.</summary>
    public PruneDiagnosticException(PruneDiagnostic diagnostic, Exception? inner = null)
        : base(diagnostic.ToString(), inner) => Diagnostics = [diagnostic];

    /// <summary>What to report.</summary>
    public IReadOnlyList<PruneDiagnostic> Diagnostics { get; }
}
