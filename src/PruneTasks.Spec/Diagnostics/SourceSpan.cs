namespace PruneTasks.Spec.Diagnostics;

/// <summary>A place in a text file. Lines and columns are 1-based; the end is exclusive; all 0 means unknown.</summary>
/// <param name="Line">First line.</param>
/// <param name="Column">First column, counted in UTF-16 units.</param>
/// <param name="EndLine">Line of the end.</param>
/// <param name="EndColumn">Column just after the last character.</param>
public readonly record struct SourceSpan(int Line, int Column, int EndLine, int EndColumn)
{
    /// <summary>No place known.</summary>
    public static SourceSpan None => default;

    /// <summary>Whether a line is known.</summary>
    public bool IsKnown => Line > 0;
}
