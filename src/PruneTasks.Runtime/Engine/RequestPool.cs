namespace PruneTasks.Runtime;

/// <summary>Idle requests of one capacity, for calls that come from any thread: taking and giving back allocates nothing.</summary>
internal sealed class RequestPool
{
    private readonly ModelEngine _engine;
    private readonly int[] _capacity;

    // More callers at once than processors is rare; a request too many is dropped.
    private readonly ModelRequest?[] _idle = new ModelRequest?[Math.Max(4, 2 * Environment.ProcessorCount)];

    public RequestPool(ModelEngine engine, int[] capacity)
    {
        (_engine, _capacity) = (engine, capacity);
        engine.Add(this);
    }

    public ModelRequest Rent()
    {
        for (int i = 0; i < _idle.Length; i++)
        {
            if (Volatile.Read(ref _idle[i]) is not null && Interlocked.Exchange(ref _idle[i], null) is { } request)
                return request;
        }
        return _engine.CreateRequest(_capacity);
    }

    public void Return(ModelRequest request)
    {
        for (int i = 0; i < _idle.Length; i++)
        {
            if (Interlocked.CompareExchange(ref _idle[i], request, null) is not null)
                continue;
            // The model may have been disposed between the caller's last run and now.
            if (_engine.IsDisposed)
                Empty();
            return;
        }
        request.Dispose();
    }

    public void Empty()
    {
        for (int i = 0; i < _idle.Length; i++)
            Interlocked.Exchange(ref _idle[i], null)?.Dispose();
    }
}
