namespace PruneTasks.Tests;

/// <summary>
/// Tests that count what a thread allocates run alone: a collection that others cause while one measures counts the rest of the thread's
/// allocation context too.
/// </summary>
[CollectionDefinition(nameof(AllocationCollection), DisableParallelization = true)]
public sealed class AllocationCollection;
