namespace PruneTasks.Tests;

/// <summary>Bytes that code allocates every time it runs.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>
    /// The least of some rounds: what each run allocates is in all of them; what is not are the rest of the thread's allocation context that a collection in
    /// between counts, and arrays that a pool has let go on a machine that is busy.
    /// </summary>
    /// <param name="round">Gives the bytes that one round allocated on this thread.</param>
    public static long Least(Func<long> round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds && least != 0; i++)
            least = Math.Min(least, round());
        return least;
    }

    /// <summary>As <see cref="Least"/>, for something that only has to be run.</summary>
    public static long Of(Action run) => Least(() =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });
}
