using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>TfIdfVectorizer over integers: how often each n-gram of a pool occurs, with gaps of up to a given size.</summary>
internal static class TextOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("TfIdfVectorizer", TfIdf) with
        {
            Refuse = (node, _) => node.Ints("pool_int64s") is null ? "n-grams of text"
                : node.String("mode") is not ("TF" or "IDF" or "TFIDF") ? $"mode '{node.String("mode")}'"
                : node.Ints("ngram_counts") is null || node.Ints("ngram_indexes") is not { Count: > 0 } ? "no n-grams" : null,
        },
    ];

    private static Tensor TfIdf(LoweringCall c)
    {
        IReadOnlyList<long> pool = c.Node.Ints("pool_int64s")!, starts = c.Node.Ints("ngram_counts")!, places = c.Node.Ints("ngram_indexes")!;
        long shortest = c.Node.Int("min_gram_length", 1), longest = c.Node.Int("max_gram_length", 1), skips = c.Node.Int("max_skip_count", 0), width = places.Max() + 1;
        // The pool lists all n-grams of length 1, then of length 2, …; starts tells where each length begins.
        Dictionary<string, int> grams = [];
        int next = 0;
        for (int length = 1; length <= starts.Count; length++)
        {
            long end = length < starts.Count ? starts[length] : pool.Count;
            for (long at = starts[length - 1]; at + length <= end; at += length, next++)
                if (length >= shortest && length <= longest) grams[string.Join(',', pool.Skip((int)at).Take(length))] = next;
        }
        Tensor x = c[0].dim() == 1 ? c[0].unsqueeze(0) : c[0];
        long[] items = x.to(int64).contiguous().data<long>().ToArray();
        var counts = new float[x.shape[0], width];
        for (long row = 0; row < x.shape[0]; row++)
        {
            ReadOnlySpan<long> line = items.AsSpan((int)(row * x.shape[1]), (int)x.shape[1]);
            for (long length = shortest; length <= longest; length++)
            {
                for (long skip = 0; skip <= (length == 1 ? 0 : skips); skip++)
                {
                    for (long at = 0; at + ((length - 1) * (skip + 1)) < line.Length; at++)
                        if (grams.TryGetValue(Gram(line, at, length, skip + 1), out int gram)) counts[row, places[gram]]++;
                }
            }
        }
        return Weighted(c, counts, places).reshape([.. c[0].shape[..^1], width]);
    }

    private static string Gram(ReadOnlySpan<long> line, long at, long length, long step)
    {
        List<long> items = [];
        for (long i = 0; i < length; i++) items.Add(line[(int)(at + (i * step))]);
        return string.Join(',', items);
    }

    // TF: the counts. IDF: the weight of each n-gram that occurs. TFIDF: both.
    private static Tensor Weighted(LoweringCall c, float[,] counts, IReadOnlyList<long> places)
    {
        Tensor tf = tensor(counts);
        if (c.Node.String("mode") == "TF") return tf;
        var weight = new float[counts.GetLength(1)];
        Array.Fill(weight, 1);
        if (c.Node.Attributes.TryGetValue("weights", out AttributeData? given) && given.Floats is { } weights)
            for (int i = 0; i < places.Count; i++) weight[places[i]] = weights[i];
        return (c.Node.String("mode") == "IDF" ? tf.gt(0).to(float32) : tf) * tensor(weight);
    }
}
