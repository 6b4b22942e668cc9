using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>Creates the session of a model on the target that was asked for, and says in this library's words what went wrong.</summary>
internal static class SessionOpener
{
    public const string Cpu = "CPUExecutionProvider";

    // The providers that ONNX Runtime has built in rather than as plug-ins, in the order of preference.
    private static readonly (ExecutionTarget Target, string Provider, Action<SessionOptions> Append)[] _builtIn =
    [
        (ExecutionTarget.Gpu, "CUDAExecutionProvider", options => options.AppendExecutionProvider_CUDA(0)),
        (ExecutionTarget.Gpu, "DmlExecutionProvider", AppendDirectMl),
        (ExecutionTarget.Gpu, "ROCMExecutionProvider", options => options.AppendExecutionProvider_ROCm(0)),
        (ExecutionTarget.Gpu, "CoreMLExecutionProvider", options => options.AppendExecutionProvider("CoreML", new() { ["MLComputeUnits"] = "CPUAndGPU" })),
        (ExecutionTarget.Npu, "CoreMLExecutionProvider", options => options.AppendExecutionProvider("CoreML", new() { ["MLComputeUnits"] = "CPUAndNeuralEngine" })),
        (ExecutionTarget.Npu, "QNNExecutionProvider", options => options.AppendExecutionProvider("QNN", new() { ["backend_type"] = "htp" })),
        (ExecutionTarget.Npu, "VitisAIExecutionProvider", options => options.AppendExecutionProvider("VitisAI", [])),
    ];

    public static (InferenceSession Session, string Provider) Open(
        string name, ModelOptions? options, Action<SessionOptions>? configure, Func<SessionOptions, InferenceSession> create)
    {
        try
        {
            using SessionOptions session = new();
            if (options is { IntraOpThreads: > 0 })
                session.IntraOpNumThreads = options.IntraOpThreads;
            if (options is { InterOpThreads: > 0 })
                session.InterOpNumThreads = options.InterOpThreads;
            string provider = Choose(name, options, session);
            configure?.Invoke(session);
            options?.ConfigureSession?.Invoke(session);
            return (create(session), provider);
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

    /// <summary>Adds the provider of the target; the CPU needs none.</summary>
    private static string Choose(string name, ModelOptions? options, SessionOptions session)
    {
        ExecutionTarget target = options?.Target ?? ExecutionTarget.Auto;
        if (target is ExecutionTarget.Auto or ExecutionTarget.Cpu)
            return Cpu;
        List<string> failures = [];
        OrtHardwareDeviceType wanted = target == ExecutionTarget.Gpu ? OrtHardwareDeviceType.GPU : OrtHardwareDeviceType.NPU;
        OrtEpDevice? device = OrtEnv.Instance().GetEpDevices().FirstOrDefault(found => found.HardwareDevice.Type == wanted);
        if (device is not null && Append(device.EpName, () => session.AppendExecutionProvider(OrtEnv.Instance(), [device], new Dictionary<string, string>())))
            return device.EpName;
        string[] available = OrtEnv.Instance().GetAvailableProviders();
        foreach ((ExecutionTarget of, string provider, Action<SessionOptions> append) in _builtIn)
        {
            if (of == target && available.Contains(provider) && Append(provider, () => append(session)))
                return provider;
        }
        if (options!.RequireTarget)
        {
            throw new ModelException(ModelErrorKind.Provider,
                $"Model '{name}' shall run on {target}, but this flavour of ONNX Runtime, or this machine, has no provider for it; it has "
                + $"{string.Join(", ", available)}.{string.Concat(failures.Select(failure => " " + failure))} "
                + "Reference the package of another flavour of the same version, or leave RequireTarget false.");
        }
        return Cpu;

        bool Append(string provider, Action append)
        {
            try
            {
                append();
                return true;
            }
            catch (OnnxRuntimeException exception)
            {
                failures.Add($"{provider}: {exception.Message}.");
                return false;
            }
        }
    }

    // ONNX Runtime's documentation of DirectML asks for both.
    private static void AppendDirectMl(SessionOptions options)
    {
        options.EnableMemoryPattern = false;
        options.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
        options.AppendExecutionProvider_DML(0);
    }
}
