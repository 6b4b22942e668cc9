using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PersonalVision.Trainer.Drawing;
using PersonalVision.Trainer.Training;
using TorchSharp;

namespace PersonalVision.Trainer.Export;

/// <summary>Compares an exported file in ONNX Runtime with the model that it came from.</summary>
internal static class ExportCheck
{
    private const int Images = 180;

    /// <summary>Largest absolute difference of any logit over images by unseen writers.</summary>
    public static float LargestDifference(VisionTransformer model, byte[] onnx)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var batch = GlyphBatches.HeldBack(Images);
        ReadOnlySpan<float> expected = model.call(GlyphBatches.ToTensors(batch).Pixels).data<float>().ToArray();

        using var session = new InferenceSession(onnx);
        var input = new DenseTensor<float>(batch.Pixels, [Images, 1, Painter.Side, Painter.Side]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("pixels", input)]);
        ReadOnlySpan<float> actual = results[0].AsTensor<float>().ToArray();

        var largest = 0f;
        for (var i = 0; i < expected.Length; i++)
            largest = MathF.Max(largest, MathF.Abs(expected[i] - actual[i]));
        return largest;
    }
}
