using PruneTasks.BuildTesting;
using PruneTasks.Tasks.Running;

namespace PruneTasks.Tasks.Tests;

public sealed class FolderLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_holder_waits_until_the_first_lets_go()
    {
        string path = _folder["vit", "lock"];
        using var waits = new ManualResetEventSlim();
        FolderLock first = FolderLock.Acquire(path, () => Assert.Fail("the lock is free"), CancellationToken.None);

        Task<FolderLock> second = Task.Run(() => FolderLock.Acquire(path, waits.Set, CancellationToken.None), TestContext.Current.CancellationToken);
        Assert.True(waits.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.False(second.IsCompleted);
        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public void Waiting_ends_when_it_is_cancelled()
    {
        string path = _folder["lock"];
        using FolderLock first = FolderLock.Acquire(path, () => { }, CancellationToken.None);
        using var cancellation = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => FolderLock.Acquire(path, cancellation.Cancel, cancellation.Token));
    }
}
