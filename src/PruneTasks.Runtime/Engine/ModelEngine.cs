using System.ComponentModel;
using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>
/// One loaded model behind a generated class. Calls may come from any number of threads (ONNX Runtime sessions allow it).
/// Dispose never pulls the session from under a running call: it refuses new calls, and the last user closes the session.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ModelEngine : IDisposable, IAsyncDisposable
{
    private readonly InferenceSession _session;
    private readonly ModelDefinition _definition;
    private readonly List<RequestPool> _pools = [];
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Shared by the calls that cannot be cancelled: Terminate on run options stops every call that uses them.
    private readonly RunOptions _untilDone = new();

    // The owner counts as one user, each call and each open request as another: the session lives until the last is gone.
    private int _users = 1;

    // Calls at work, plus one until Dispose.
    private int _running = 1;
    private int _disposed;

    private ModelEngine(ModelDefinition definition, InferenceSession session, string provider, int maxConcurrency)
    {
        _definition = definition;
        _session = session;
        ExecutionProvider = provider;
        int limit = maxConcurrency == 0 && provider != SessionOpener.Cpu ? 1 : maxConcurrency;
        Gate = limit == 0 ? null : new SemaphoreSlim(limit, limit);
        InputNames = Array.ConvertAll(definition.Inputs, tensor => tensor.Name);
        OutputNames = Array.ConvertAll(definition.Outputs, tensor => tensor.Name);
        using IDisposableReadOnlyCollection<OrtMemoryInfo> places = session.GetMemoryInfosForInputs();
        InputsOnDevice = places.Any(place => place.GetDeviceType() != OrtMemoryInfoDeviceType.CPU);
        DataDependent = new bool[OutputNames.Length];
    }

    /// <summary>The model's name, for messages.</summary>
    public string Name => _definition.Name;

    /// <summary>The session.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public InferenceSession Session
    {
        get
        {
            ThrowIfDisposed();
            return _session;
        }
    }

    /// <summary>The execution provider that was chosen.</summary>
    public string ExecutionProvider { get; }

    /// <summary>Where runs wait for their turn; null without a limit.</summary>
    internal SemaphoreSlim? Gate { get; }

    internal string[] InputNames { get; }

    internal string[] OutputNames { get; }

    internal TensorSignature[] Inputs => _definition.Inputs;

    internal TensorSignature[] Outputs => _definition.Outputs;

    internal string[] Axes => _definition.Axes;

    /// <summary>Whether a bound input is copied to a device when it is bound, so that later writes are not seen.</summary>
    internal bool InputsOnDevice { get; }

    /// <summary>Outputs seen to change their shape while the inputs kept theirs: nothing can be prepared for them.</summary>
    internal bool[] DataDependent { get; }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Loads the model embedded in the assembly of the class.</summary>
    /// <param name="definition">What the class was generated for.</param>
    /// <param name="options">Options of the caller, or null.</param>
    /// <param name="configure">The class's own hook, called before <see cref="ModelOptions.ConfigureSession"/>.</param>
    /// <exception cref="ModelException">The resource is missing, ONNX Runtime is, or the model is not the expected one.</exception>
    public static ModelEngine Load(ModelDefinition definition, ModelOptions? options, Action<SessionOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return Load(
            definition, session => EmbeddedModel.Open(definition.Owner.Assembly, definition.Resource, definition.Name, session), options, configure);
    }

    /// <summary>The same for a model that is in memory already.</summary>
    internal static ModelEngine Load(ModelDefinition definition, byte[] bytes, ModelOptions? options = null, Action<SessionOptions>? configure = null) =>
        Load(definition, session => new InferenceSession(bytes, session), options, configure);

    private static ModelEngine Load(
        ModelDefinition definition, Func<SessionOptions, InferenceSession> create, ModelOptions? options, Action<SessionOptions>? configure)
    {
        (InferenceSession session, string provider) = SessionOpener.Open(definition.Name, options, configure, create);
        try
        {
            foreach (TensorSignature input in definition.Inputs)
                input.Check(session.InputMetadata, definition.Name, "input");
            foreach (TensorSignature output in definition.Outputs)
                output.Check(session.OutputMetadata, definition.Name, "output");
            return new ModelEngine(definition, session, provider, options?.MaxConcurrency ?? 0);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Begins a call; dispose what is returned.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled already.</exception>
    public ModelCall Begin(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EnterRun();
        try
        {
            AddUser();
        }
        catch
        {
            ExitRun();
            throw;
        }
        return new ModelCall(this, cancellationToken);
    }

    /// <summary>A reusable request with buffers of its own.</summary>
    /// <param name="capacity">Largest size of each axis, in the order of the definition.</param>
    /// <param name="shapes">Shapes of the inputs without a rank, by position of the input; may be shorter, or null where there are none.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ModelRequest CreateRequest(int[] capacity, int[]?[]? shapes = null) => new(this, capacity, shapes);

    /// <summary>Refuses further calls. Those running finish; the session closes with the last of them and of the requests.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        lock (_pools)
        {
            foreach (RequestPool pool in _pools)
                pool.Empty();
        }
        ExitRun();
        RemoveUser();
    }

    /// <summary>As <see cref="Dispose"/>; completes when no call is running any more.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return new ValueTask(_idle.Task);
    }

    internal void Add(RequestPool pool)
    {
        lock (_pools)
            _pools.Add(pool);
    }

    internal void AddUser()
    {
        int users;
        do
        {
            ThrowIfDisposed();
            users = Volatile.Read(ref _users);
            ObjectDisposedException.ThrowIf(users == 0, this);
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);
    }

    internal void RemoveUser()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        _session.Dispose();
        _untilDone.Dispose();
    }

    /// <summary>Counts a running call. Before asking whether the model is disposed, so that a call is either counted or refused.</summary>
    internal void EnterRun() => Interlocked.Increment(ref _running);

    internal void ExitRun()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _idle.TrySetResult();
    }

    internal IDisposableReadOnlyCollection<OrtValue> Run(OrtValue[] inputs, long items, CancellationToken cancellationToken)
    {
        RunWatch watch = RunWatch.Start(this, cancellationToken);
        try
        {
            IDisposableReadOnlyCollection<OrtValue> outputs = Run(inputs, cancellationToken);
            watch.Stop(items, null);
            return outputs;
        }
        catch (Exception exception)
        {
            watch.Stop(items, exception);
            throw;
        }
        finally
        {
            Gate?.Release();
        }
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(OrtValue[] inputs, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return Run(_untilDone, inputs, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        using RunOptions options = new();
        using CancellationTokenRegistration stop =
            cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options);
        return Run(options, inputs, cancellationToken);
    }

    /// <summary>The session for a user that has counted itself: also while the model is being disposed.</summary>
    internal InferenceSession OwnedSession => _session;

    internal Exception Failure(OnnxRuntimeException exception, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
        ? new OperationCanceledException($"The call of model '{Name}' was cancelled.", exception, cancellationToken)
        : new ModelException(ModelErrorKind.Run, $"Model '{Name}' failed: {exception.Message}", exception);

    internal void ThrowIfDisposed()
    {
        if (IsDisposed)
            throw new ObjectDisposedException(Name);
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(RunOptions options, OrtValue[] inputs, CancellationToken cancellationToken)
    {
        try
        {
            return _session.Run(options, InputNames, inputs, OutputNames);
        }
        catch (OnnxRuntimeException exception)
        {
            throw Failure(exception, cancellationToken);
        }
    }
}
