using Microsoft.Build.Framework;

namespace PruneTasks.Tasks.Running;

/// <summary>Waits for a lock without keeping the build node from other work.</summary>
internal static class BuildLocks
{
    /// <summary>
    /// Takes the lock. While it waits the node is lent out: whoever holds the lock may be a task of the same node, whose worker has ended and who
    /// needs the node to go on.
    /// </summary>
    /// <param name="engine">The task's engine.</param>
    /// <param name="path">The lock file.</param>
    /// <param name="onWait">Called once before the first pause.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public static FolderLock Acquire(IBuildEngine engine, string path, Action onWait, CancellationToken cancellation)
    {
        IBuildEngine3? lent = null;
        try
        {
            return FolderLock.Acquire(
                path,
                () =>
                {
                    onWait();
                    lent = engine as IBuildEngine3;
                    lent?.Yield();
                },
                cancellation);
        }
        finally
        {
            lent?.Reacquire();
        }
    }
}
