namespace PruneTasks.Tasks.Running;

/// <summary>
/// One holder per folder, also across processes: a file that is open without sharing (on Unix .NET takes <c>flock</c> for it). The system
/// lets go when the process dies. The file stays: deleting it could let two holders in.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    // Windows: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION as HRESULT. Unix: EWOULDBLOCK of Linux and of macOS. All else, as a full disk, would not end.
    private static readonly HashSet<int> Taken = [unchecked((int)0x80070020), unchecked((int)0x80070021), 11, 35];
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly FileStream _stream;

    private FolderLock(FileStream stream) => _stream = stream;

    /// <summary>Waits until the lock is free.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="onWait">Called once before the first pause.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    /// <exception cref="IOException">The file cannot be made, or knows no locks.</exception>
    public static FolderLock Acquire(string path, Action onWait, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool waited = false; ; waited = true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException e) when (Taken.Contains(e.HResult))
            {
                if (!waited)
                    onWait();
                cancellation.WaitHandle.WaitOne(Pause);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
