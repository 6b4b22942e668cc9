using System.ComponentModel;
using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>
/// One loaded model behind a generated class. Calls may come from any number of threads (ONNX Runtime sessions allow it).
/// Dispose never pulls the session from under a running call: it refuses new calls, and the last one running closes the session.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ModelEngine : IDisposable
{
    private readonly InferenceSession _session;

    // Shared by the calls that cannot be cancelled: Terminate on run options stops every call that uses them.
    private readonly RunOptions _untilDone = new();

    // The owner counts as one user, each running call as another.
    private int _users = 1;
    private int _disposed;

    private ModelEngine(string name, InferenceSession session, TensorSignature[] inputs, TensorSignature[] outputs)
    {
        Name = name;
        _session = session;
        InputNames = Array.ConvertAll(inputs, tensor => tensor.Name);
        OutputNames = Array.ConvertAll(outputs, tensor => tensor.Name);
    }

    /// <summary>The model's name, for messages.</summary>
    public string Name { get; }

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

    internal string[] InputNames { get; }

    internal string[] OutputNames { get; }

    /// <summary>Loads the model embedded in the assembly of <paramref name="owner"/>.</summary>
    /// <param name="owner">The generated class.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="resource">Logical name of the embedded resource.</param>
    /// <param name="inputs">Inputs in the order of the generated code.</param>
    /// <param name="outputs">Outputs in the order of the generated code.</param>
    /// <param name="options">Options of the caller, or null.</param>
    /// <param name="configure">The class's own hook, called before <see cref="ModelOptions.ConfigureSession"/>.</param>
    /// <exception cref="ModelException">The resource is missing, ONNX Runtime is, or the model is not the expected one.</exception>
    public static ModelEngine Load(
        Type owner, string name, string resource, TensorSignature[] inputs, TensorSignature[] outputs,
        ModelOptions? options, Action<SessionOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return Load(name, EmbeddedModel.Read(owner.Assembly, resource, name), inputs, outputs, options, configure);
    }

    /// <summary>The same for a model that is in memory already.</summary>
    internal static ModelEngine Load(
        string name, byte[] bytes, TensorSignature[] inputs, TensorSignature[] outputs,
        ModelOptions? options = null, Action<SessionOptions>? configure = null)
    {
        InferenceSession session = Open(name, bytes, options, configure);
        try
        {
            foreach (TensorSignature input in inputs)
                input.Check(session.InputMetadata, name, "input");
            foreach (TensorSignature output in outputs)
                output.Check(session.OutputMetadata, name, "output");
            return new ModelEngine(name, session, inputs, outputs);
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
        int users;
        do
        {
            ThrowIfDisposed();
            users = Volatile.Read(ref _users);
            ObjectDisposedException.ThrowIf(users == 0, this);
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);
        return new ModelCall(this, cancellationToken);
    }

    /// <summary>Refuses further calls. Those running finish; the session closes with the last of them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            End();
    }

    internal IDisposableReadOnlyCollection<OrtValue> Run(OrtValue[] inputs, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return Run(_untilDone, inputs, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        using RunOptions options = new();
        using CancellationTokenRegistration stop =
            cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options);
        return Run(options, inputs, cancellationToken);
    }

    internal void End()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        _session.Dispose();
        _untilDone.Dispose();
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(RunOptions options, OrtValue[] inputs, CancellationToken cancellationToken)
    {
        try
        {
            return _session.Run(options, InputNames, inputs, OutputNames);
        }
        catch (OnnxRuntimeException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException($"The call of model '{Name}' was cancelled.", exception, cancellationToken);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelException(ModelErrorKind.Run, $"Model '{Name}' failed: {exception.Message}", exception);
        }
    }

    private static InferenceSession Open(string name, byte[] bytes, ModelOptions? options, Action<SessionOptions>? configure)
    {
        try
        {
            using SessionOptions session = new();
            if (options is { IntraOpThreads: > 0 })
                session.IntraOpNumThreads = options.IntraOpThreads;
            if (options is { InterOpThreads: > 0 })
                session.InterOpNumThreads = options.InterOpThreads;
            configure?.Invoke(session);
            options?.ConfigureSession?.Invoke(session);
            return new InferenceSession(bytes, session);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelException(ModelErrorKind.Load, $"ONNX Runtime cannot load model '{name}': {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException
            || (exception is TypeInitializationException && exception.InnerException is DllNotFoundException or EntryPointNotFoundException))
        {
            throw new ModelException(ModelErrorKind.Provider,
                $"PRUNE0301: ONNX Runtime's native library is missing or does not fit on {System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}. "
                + "The package Microsoft.ML.OnnxRuntime, or another flavour of the same version, brings it.", exception);
        }
    }

    private void ThrowIfDisposed()
    {
        if (Volatile.Read(ref _disposed) != 0)
            throw new ObjectDisposedException(Name);
    }
}
