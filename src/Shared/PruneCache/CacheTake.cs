namespace PruneTasks.Caching;

/// <summary>How looking for a key ended.</summary>
internal enum CacheOutcome
{
    /// <summary>There is no entry.</summary>
    Miss,

    /// <summary>The files were copied, and each is what the entry says.</summary>
    Hit,

    /// <summary>There was an entry, but not whole. It is gone now.</summary>
    Damaged,
}

/// <summary>What looking for a key gave.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Entry">The entry of a hit.</param>
/// <param name="Problem">What was wrong with a damaged one.</param>
internal sealed record CacheTake(CacheOutcome Outcome, CacheEntry? Entry = null, string? Problem = null);
