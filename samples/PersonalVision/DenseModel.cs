using Microsoft.ML.OnnxRuntime;

namespace PersonalVision;

/// <summary>The model as it was before pruning, run by hand on ONNX Runtime: what the generated class spares its user.</summary>
internal sealed class DenseModel : IDisposable
{
    private static readonly string[] Inputs = ["pixels"];
    private static readonly string[] Outputs = ["logits"];
    private static readonly long[] OneImage = [1, 1, LabelledImages.Side, LabelledImages.Side];

    private readonly RunOptions _options = new();

    public DenseModel(string file)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        Session = new InferenceSession(file, options);
    }

    /// <summary>The session, one thread.</summary>
    public InferenceSession Session { get; }

    /// <summary>Class index of the highest logit.</summary>
    public int Classify(byte[] pixels)
    {
        using var input = ToInput(pixels);
        using var results = Session.Run(_options, Inputs, [input], Outputs);
        var logits = results[0].GetTensorDataAsSpan<float>();
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }

        return best;
    }

    /// <summary>The input tensor of an image; the same arithmetic as in glyphs.prune.yaml.</summary>
    public static OrtValue ToInput(byte[] pixels)
    {
        var values = new float[pixels.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (pixels[i] / 255f - 0.5f) / 0.25f;
        return OrtValue.CreateTensorValueFromMemory(values, OneImage);
    }

    public void Dispose()
    {
        Session.Dispose();
        _options.Dispose();
    }
}
