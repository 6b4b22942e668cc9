using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Evaluation;

/// <summary>A model in ONNX Runtime on the CPU, fed and read as <see cref="TensorData"/>.</summary>
/// <remarks>The native library must be known before (<see cref="Natives.WorkerNatives"/>). Runs may come from several threads.</remarks>
internal sealed class OrtSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    private OrtSession(InferenceSession session) => (_session, OutputNames) = (session, session.OutputNames);

    /// <summary>Names of the outputs that runs give, in the model's order.</summary>
    public IReadOnlyList<string> OutputNames { get; private set; }

    /// <summary>Leaves out outputs that are of no interest, as the caches that a decoder passes on to its next run.</summary>
    /// <param name="outputs">Their names; what the model does not have is no matter.</param>
    public OrtSession Without(IEnumerable<string> outputs)
    {
        OutputNames = [.. OutputNames.Except(outputs)];
        return this;
    }

    /// <summary>Loads a model from memory; it must carry all its weights.</summary>
    /// <param name="model">The ONNX file's bytes.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="threads">Threads inside one operator; 0 for all cores.</param>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses it.</exception>
    public static OrtSession Load(byte[] model, string name, int threads) => Guard(name, threads, options => new InferenceSession(model, options));

    /// <summary>Loads a model from its file, external data included.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="threads">Threads inside one operator; 0 for all cores.</param>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses it.</exception>
    public static OrtSession Load(string path, int threads) => Guard(path, threads, options => new InferenceSession(path, options));

    /// <summary>Loads a large model from its file: weights in other files stay mapped, and no operator gets a copy of its own that would make it faster.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="threads">Threads inside one operator; 0 for all cores.</param>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses it.</exception>
    public static OrtSession LoadMapped(string path, string name, int threads) => Guard(name, threads, options =>
    {
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        return new InferenceSession(path, options);
    });

    /// <summary>One run.</summary>
    /// <param name="inputs">Tensors in the order of the model's inputs.</param>
    /// <returns>Tensors in the order of <see cref="OutputNames"/>; null for an output that is no tensor of numbers.</returns>
    /// <exception cref="OnnxRuntimeException">The inputs do not fit, or an operator fails.</exception>
    public IReadOnlyList<TensorData?> Run(IReadOnlyList<TensorData> inputs)
    {
        IReadOnlyList<OrtValue> values = ToValues(inputs);
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_options, _session.InputNames, values, OutputNames);
            return [.. outputs.Select(FromValue)];
        }
        finally
        {
            foreach (OrtValue value in values) value.Dispose();
        }
    }

    /// <summary>Runs on prepared inputs and throws the outputs away; for measuring time.</summary>
    public void RunOnly(IReadOnlyList<OrtValue> inputs)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_options, _session.InputNames, inputs, OutputNames);
    }

    /// <summary>Inputs in native memory, to be disposed by the caller; empty ones with the sizes that this model declares (<see cref="EmptyInput"/>).</summary>
    /// <param name="inputs">Tensors in the order of the model's inputs.</param>
    public IReadOnlyList<OrtValue> ToValues(IReadOnlyList<TensorData> inputs)
    {
        List<OrtValue> values = [];
        try
        {
            for (int i = 0; i < inputs.Count; i++) values.Add(ToValue(EmptyInput.Fit(inputs[i], [.. _session.InputMetadata[_session.InputNames[i]].Dimensions.Select(size => size > 0 ? size : (long?)null)])));
            return values;
        }
        catch
        {
            foreach (OrtValue value in values) value.Dispose();
            throw;
        }
    }

    /// <summary>A copy of a tensor in native memory.</summary>
    public static OrtValue ToValue(TensorData tensor)
    {
        // The element types of ONNX Runtime have the numbers of TensorProto.DataType, as ours do.
        OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)(int)tensor.Type, [.. tensor.Shape]);
        tensor.Bytes.Span.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    private static TensorData? FromValue(OrtValue value)
    {
        if (!value.IsTensor) return null;
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        var type = (ElementType)(int)info.ElementDataType;
        if (TensorData.SizeOf(type) is null) return null;
        return new TensorData(type, info.Shape, value.GetTensorMutableRawData().ToArray());
    }

    private static OrtSession Guard(string name, int threads, Func<SessionOptions, InferenceSession> open)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            // Warnings of the runtime (for example about initializers that its optimizer drops) are not about the user's model.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Threads that spin while they wait take the cores from whatever else the build does.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            return new OrtSession(open(options));
        }
        catch (OnnxRuntimeException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.RuntimeRefusesModel.In(null, name, problem.Message), problem);
        }
    }
}
