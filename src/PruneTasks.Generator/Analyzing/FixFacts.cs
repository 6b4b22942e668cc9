namespace PruneTasks.Generator.Analyzing;

/// <summary>Keys of what an analyzer tells its code fix. Compiled into both assemblies.</summary>
internal static class FixFacts
{
    /// <summary>A number to write instead of the one there.</summary>
    public const string Length = nameof(Length);

    /// <summary>Member of the label enum whose text is the one compared with; absent where there is none, or more than one.</summary>
    public const string Member = nameof(Member);

    /// <summary>Name of the asynchronous twin.</summary>
    public const string Twin = nameof(Twin);

    /// <summary>Why a model is made again: one of the constants below.</summary>
    public const string Reason = nameof(Reason);

    /// <summary>In a loop.</summary>
    public const string Loop = nameof(Loop);

    /// <summary>With each call of a function.</summary>
    public const string Call = nameof(Call);

    /// <summary>With each reading of a property.</summary>
    public const string Property = nameof(Property);
}
