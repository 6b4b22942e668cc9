namespace PruneTasks.Spec.Diagnostics;

/// <summary>The words of the severities in messages and in result.json.</summary>
public static class PruneSeverityWords
{
    /// <summary><c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public static string ToWord(this PruneSeverity severity) => severity switch
    {
        PruneSeverity.Info => "info",
        PruneSeverity.Warning => "warning",
        _ => "error",
    };

    /// <summary>The severity of a word; null for any other word.</summary>
    public static PruneSeverity? FromWord(string word) => word switch
    {
        "info" => PruneSeverity.Info,
        "warning" => PruneSeverity.Warning,
        "error" => PruneSeverity.Error,
        _ => null,
    };
}
