using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Onnx;

namespace PruneTasks.Testing;

/// <summary>What ONNX Runtime answers; its native library must be known before.</summary>
internal static class RuntimeAnswer
{
    /// <summary>All outputs; <see langword="null"/> if ONNX Runtime does not run the model, or an output is no tensor of numbers.</summary>
    public static IReadOnlyList<TensorData>? Of(byte[] model, IReadOnlyDictionary<string, TensorData> inputs)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using RunOptions run = new();
        List<OrtValue> values = [];
        try
        {
            using InferenceSession session = new(model, options);
            foreach (string name in session.InputNames) values.Add(ToValue(inputs[name]));
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, session.InputNames, values, session.OutputNames);
            return outputs.All(o => o.IsTensor) ? [.. outputs.Select(FromValue)] : null;
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
        finally
        {
            foreach (OrtValue value in values) value.Dispose();
        }
    }

    internal static OrtValue ToValue(TensorData tensor)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)(int)tensor.Type, [.. tensor.Shape]);
        tensor.Bytes.Span.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static TensorData FromValue(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return new TensorData((ElementType)(int)info.ElementDataType, info.Shape, value.GetTensorMutableRawData().ToArray());
    }
}
