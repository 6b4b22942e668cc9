using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using PersonalVision.Trainer.Export;
using PruneTasks.Onnx;
using PruneTasks.Torch.Native;
using Text.Trainer.Export;
using Text.Trainer.Training;
using static TorchSharp.torch;

namespace Text.Trainer;

/// <summary>Trains a model and writes it as ONNX, if ONNX Runtime gives the same.</summary>
internal static class Workshop
{
    /// <summary>Returns the exit code.</summary>
    public static int Make(TextTransformerShape shape, string name, int steps, double rate, Func<int, TextBatch> batchOf, TextBatch heldBack, string file)
    {
        TorchRuntime.Initialize();
        OnnxRuntimeNative.Initialize(typeof(OrtEnv).Assembly);
        random.manual_seed(1);
        using var model = new TextTransformer(shape);
        Console.WriteLine($"{model.parameters().Sum(p => p.numel()):N0} parameters, {steps:N0} steps");
        Fitting.Run(model, steps, rate, batchOf);
        model.eval();
        var (right, loss) = Fitting.Measure(model, heldBack);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held back: {right:P2} right, {loss:F4} nats"));
        var onnx = OnnxWriter.ToBytes(TextTransformerExporter.Export(model, shape, name));
        return CheckedExport.Write(onnx, LargestDifference(model, onnx, heldBack), file);
    }

    private static float LargestDifference(TextTransformer model, byte[] onnx, TextBatch batch)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        long[] shape = [batch.Count, batch.Ids.Length / batch.Count];
        ReadOnlySpan<float> expected = model.call(tensor(batch.Ids).reshape(shape), tensor(batch.Mask).reshape(shape)).data<float>().ToArray();
        using var session = new InferenceSession(onnx);
        using var options = new RunOptions();
        using var ids = OrtValue.CreateTensorValueFromMemory(batch.Ids, shape);
        using var mask = OrtValue.CreateTensorValueFromMemory(batch.Mask, shape);
        using var results = session.Run(options, session.InputNames, session.InputNames.Count == 1 ? [ids] : [ids, mask], session.OutputNames);
        var actual = results[0].GetTensorDataAsSpan<float>();
        var largest = 0f;
        for (var i = 0; i < expected.Length; i++)
            largest = MathF.Max(largest, MathF.Abs(expected[i] - actual[i]));
        return largest;
    }
}
