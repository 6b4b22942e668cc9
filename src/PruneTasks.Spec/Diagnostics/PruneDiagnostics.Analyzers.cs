namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 05: how an app uses the generated classes; reported by the analyzers in PruneTasks.Generator/Analyzing.</content>
public static partial class PruneDiagnostics
{
    /// <summary>Something generated is made and never disposed.</summary>
    public static readonly PruneDiagnosticDescriptor NotDisposed = Warning(
        "PRUNE0501",
        "A generated object is not disposed",
        "the {0} '{1}' is never disposed; declare it with 'using'");

    /// <summary>A model is loaded again and again.</summary>
    public static readonly PruneDiagnosticDescriptor CreatedAgain = Warning(
        "PRUNE0502",
        "A model is loaded again and again",
        "model '{0}' is loaded {1}; load it once: it is safe for use from several threads");

    /// <summary>A request or session is used by several threads at once.</summary>
    public static readonly PruneDiagnosticDescriptor SharedAcrossThreads = Warning(
        "PRUNE0503",
        "A request is used by several threads at once",
        "'{0}' is used by several threads at once; a {1} serves one caller at a time, so create one for each");

    /// <summary>A length cannot fit the tensor.</summary>
    public static readonly PruneDiagnosticDescriptor LengthCannotFit = Warning(
        "PRUNE0504",
        "A length cannot fit the tensor",
        "{0} values are given for '{1}', which takes {2}");

    /// <summary>A label is compared as text.</summary>
    public static readonly PruneDiagnosticDescriptor LabelAsText = Info(
        "PRUNE0505",
        "A label is compared as text",
        "a label is compared with the text \"{0}\"; compare with {1} instead");

    /// <summary>A span is used after its memory was written anew.</summary>
    public static readonly PruneDiagnosticDescriptor SpanOutlivesOwner = Warning(
        "PRUNE0506",
        "A span is used after its memory was written anew",
        "'{0}' is a view of memory of '{1}', on which '{2}' was called since; copy the values first, or read them before");

    /// <summary>A call blocks a thread in asynchronous code.</summary>
    public static readonly PruneDiagnosticDescriptor BlockingCall = Info(
        "PRUNE0507",
        "A call blocks a thread in asynchronous code",
        "'{0}' blocks the thread in asynchronous code; use 'await {1}'");
}
