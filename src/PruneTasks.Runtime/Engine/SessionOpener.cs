using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>Creates the session of a model, and says in this library's words what went wrong.</summary>
internal static class SessionOpener
{
    public static InferenceSession Open(string name, ModelOptions? options, Action<SessionOptions>? configure, Func<SessionOptions, InferenceSession> create)
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
            return create(session);
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
}
