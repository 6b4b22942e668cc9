using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Rewriting;

/// <summary>One run of a model in ONNX Runtime.</summary>
internal static class OrtRun
{
    /// <summary>The first output.</summary>
    public static float[] First(OnnxModel model, IReadOnlyDictionary<string, TensorData> inputs) => Outputs(model, inputs, all: false)[0];

    /// <summary>All floating-point outputs.</summary>
    public static IReadOnlyList<float[]> All(OnnxModel model, IReadOnlyDictionary<string, TensorData> inputs) => Outputs(model, inputs, all: true);

    private static IReadOnlyList<float[]> Outputs(OnnxModel model, IReadOnlyDictionary<string, TensorData> inputs, bool all)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using InferenceSession session = new(OnnxWriter.ToBytes(model), options);
        using RunOptions run = new();
        List<OrtValue> values = [];
        try
        {
            foreach (string name in session.InputNames)
            {
                TensorData tensor = inputs[name];
                OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)(int)tensor.Type, [.. tensor.Shape]);
                tensor.Bytes.Span.CopyTo(value.GetTensorMutableRawData());
                values.Add(value);
            }
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, session.InputNames, values, all ? session.OutputNames : [session.OutputNames[0]]);
            return [.. outputs.Where(o => IsFloat(o)).Select(Floats)];
        }
        finally
        {
            foreach (OrtValue value in values) value.Dispose();
        }
    }

    private static bool IsFloat(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType is TensorElementType.Float or TensorElementType.Float16;

    private static float[] Floats(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float
        ? value.GetTensorDataAsSpan<float>().ToArray()
        : [.. value.GetTensorDataAsSpan<Microsoft.ML.OnnxRuntime.Float16>().ToArray().Select(v => v.ToFloat())];

    /// <summary>All outputs of a model without inputs.</summary>
    public static IReadOnlyList<TensorData?> Constants(OnnxModel model)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using InferenceSession session = new(OnnxWriter.ToBytes(model), options);
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [], [], session.OutputNames);
        return
        [
            .. outputs.Select(value =>
            {
                OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
                return new TensorData((ElementType)(int)info.ElementDataType, info.Shape, value.GetTensorMutableRawData().ToArray());
            }),
        ];
    }

    /// <summary>The largest difference, relative to the largest element of <paramref name="wanted"/>.</summary>
    public static double Difference(float[] wanted, float[] got)
    {
        Assert.Equal(wanted.Length, got.Length);
        Assert.DoesNotContain(got, float.IsNaN);
        return wanted.Zip(got).Max(p => Math.Abs((double)p.First - p.Second)) / wanted.Max(Math.Abs);
    }
}
