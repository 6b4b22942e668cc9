using System.Threading.Tasks.Sources;

namespace PruneTasks.Runtime;

/// <summary>
/// A run of a request on a thread of the pool, without allocation. Not ONNX Runtime's own RunAsync: that needs two threads of its pool,
/// and has no form with bound tensors.
/// </summary>
internal sealed class RequestRun(ModelRequest request) : IThreadPoolWorkItem, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationToken _cancellationToken;

    public ValueTask Start(CancellationToken cancellationToken)
    {
        _core.Reset();
        _cancellationToken = cancellationToken;
        // A run that waits for its turn waits without a thread.
        if (request.Gate is { } gate && !gate.Wait(0, CancellationToken.None))
            gate.WaitAsync(cancellationToken).ContinueWith(QueueOrFail, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask(this, _core.Version);
    }

    public void Execute()
    {
        Exception? failure = null;
        try
        {
            request.RunEntered(_cancellationToken, hasTurn: true);
        }
        catch (Exception exception)
        {
            failure = exception;
        }
        finally
        {
            request.Gate?.Release();
        }
        Finish(failure);
    }

    private void QueueOrFail(Task turn)
    {
        if (turn.IsCompletedSuccessfully)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else
            Finish(new OperationCanceledException("The run was cancelled while it waited for its turn.", _cancellationToken));
    }

    private void Finish(Exception? failure)
    {
        request.OffloadEnded();
        if (failure is null)
            _core.SetResult(true);
        else
            _core.SetException(failure);
    }

    // The request stays taken until the result is: so no second run can mix with an unfinished await.
    public void GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The run has not finished. Await the task of RunAsync, or call Run.");
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            request.Exit();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
