using Microsoft.ML.OnnxRuntime;

namespace StoryTeller;

/// <summary>The model as it was before pruning, run by hand on ONNX Runtime: what the generated class spares its user.</summary>
internal sealed class DenseStories(string file) : IDisposable
{
    private static readonly string[] Inputs = ["input_ids"];
    private static readonly string[] Outputs = ["logits"];

    private readonly InferenceSession _session = new(file);
    private readonly RunOptions _options = new();

    /// <summary>For each token the scores of the next one.</summary>
    public float[][] Scores(int[] ids)
    {
        using var input = OrtValue.CreateTensorValueFromMemory([.. ids.Select(id => (long)id)], [1L, ids.Length]);
        using var results = _session.Run(_options, Inputs, [input], Outputs);
        return [.. results[0].GetTensorDataAsSpan<float>().ToArray().Chunk(Stories.VocabularySize)];
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
