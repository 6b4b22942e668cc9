using Microsoft.ML.OnnxRuntime;
using PruneTasks.Text;

namespace TextIntent;

/// <summary>The model as it was before pruning, run by hand on ONNX Runtime: what the generated class spares its user.</summary>
internal sealed class DenseIntents(string file, TextTokenizer tokenizer) : IDisposable
{
    private static readonly string[] Inputs = ["input_ids", "attention_mask"];
    private static readonly string[] Outputs = ["logits"];

    private readonly InferenceSession _session = new(file);
    private readonly RunOptions _options = new();

    /// <summary>Class index of the highest logit.</summary>
    public int Classify(string text)
    {
        long[] ids = [.. tokenizer.Encode(text).Select(id => (long)id)];
        using var tokens = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        using var mask = OrtValue.CreateTensorValueFromMemory([.. ids.Select(_ => 1L)], [1L, ids.Length]);
        using var results = _session.Run(_options, Inputs, [tokens, mask], Outputs);
        float[] logits = [.. results[0].GetTensorDataAsSpan<float>()];
        return Array.IndexOf(logits, logits.Max());
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
