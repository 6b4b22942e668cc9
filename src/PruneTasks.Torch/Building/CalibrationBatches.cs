using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Samples that are run together.</summary>
/// <param name="Inputs">One tensor per graph input, in their order.</param>
/// <param name="Samples">Number of samples.</param>
/// <param name="Weight">How much each of these samples counts in statistics and refits, at least 0.</param>
/// <param name="Views">How many of the samples are views of others: these carry no news of their own.</param>
public sealed record CalibrationBatch(IReadOnlyList<TensorData> Inputs, int Samples, double Weight = 1, int Views = 0);

/// <summary>Calibration samples as the network reads them, in batches.</summary>
public sealed class CalibrationBatches : IDisposable
{
    private readonly IReadOnlyList<(int Samples, double Weight, int Views)> _counts;

    private CalibrationBatches(IReadOnlyList<IReadOnlyDictionary<Value, Tensor>> batches, IReadOnlyList<(int Samples, double Weight, int Views)> counts) =>
        (Batches, _counts, Samples) = (batches, counts, counts.Sum(c => c.Samples));

    /// <summary>Number of samples in all batches together.</summary>
    public int Samples { get; }

    internal IReadOnlyList<IReadOnlyDictionary<Value, Tensor>> Batches { get; }

    /// <summary>Copies batches into tensors.</summary>
    /// <param name="graph">Whose inputs they feed.</param>
    /// <param name="batches">The batches.</param>
    public static CalibrationBatches Create(Graph graph, IEnumerable<CalibrationBatch> batches)
    {
        List<IReadOnlyDictionary<Value, Tensor>> tensors = [];
        List<(int, double, int)> counts = [];
        foreach (CalibrationBatch batch in batches)
        {
            tensors.Add(graph.Inputs.Zip(batch.Inputs).ToDictionary(p => p.First, p => TorchTypes.ToTensor(p.Second)));
            counts.Add((batch.Samples, batch.Weight, batch.Views));
        }
        return new(tensors, counts);
    }

    /// <summary>Copies batches of about the same number of samples into tensors; each sample counts once.</summary>
    /// <param name="graph">Whose inputs they feed.</param>
    /// <param name="batches">For each batch one tensor per graph input, in their order.</param>
    /// <param name="samples">Number of samples in all batches together.</param>
    public static CalibrationBatches Create(Graph graph, IReadOnlyList<IReadOnlyList<TensorData>> batches, int samples) => Create(
        graph, batches.Select((batch, i) => new CalibrationBatch(batch, (int)((long)samples * (i + 1) / batches.Count) - (int)((long)samples * i / batches.Count))));

    /// <summary>About <paramref name="samples"/> of the samples, in whole batches spread evenly: the same tensors, not to be disposed.</summary>
    /// <param name="samples">Wanted; at least one batch is taken.</param>
    /// <param name="among">Only of the first so many samples; <see langword="null"/> = all.</param>
    public CalibrationBatches Some(int samples, int? among = null) => Only(Spread(samples, among));

    /// <summary>Number of samples of a batch.</summary>
    public int Count(int batch) => _counts[batch].Samples;

    /// <summary>How much each sample of a batch counts.</summary>
    public double Weight(int batch) => _counts[batch].Weight;

    /// <summary>
    /// (Σw)² / Σw² over the samples of the first <paramref name="batches"/> batches (Kish, "Survey Sampling", 1965): how many samples of equal weight
    /// tell as much; the number of samples if all weights are equal. Views do not count, unless there is nothing else (docs/decisions/0010).
    /// </summary>
    public double EffectiveSamples(int batches = int.MaxValue)
    {
        double sum = 0, squares = 0;
        bool onlyViews = _counts.Take(batches).All(c => c.Views == c.Samples);
        foreach ((int samples, double weight, int views) in _counts.Take(batches))
        {
            int count = onlyViews ? samples : samples - views;
            (sum, squares) = (sum + (count * weight), squares + (count * weight * weight));
        }
        return squares > 0 ? sum * sum / squares : 0;
    }

    /// <summary>Number of samples in a batch.</summary>
    public int SamplesOf(int batch) => _counts[batch].Samples;

    /// <summary>Indices of batches that together hold about so many samples, spread evenly; none that counts nothing.</summary>
    /// <param name="samples">Wanted; at least one batch is taken.</param>
    /// <param name="among">Only of the first batches, which hold so many samples; <see langword="null"/> = all.</param>
    internal int[] Spread(int samples, int? among = null)
    {
        List<int> candidates = [];
        for (int i = 0, before = 0; i < _counts.Count && (before < (among ?? int.MaxValue) || candidates.Count == 0); before += _counts[i++].Samples)
            if (_counts[i].Weight > 0) candidates.Add(i);
        if (candidates.Count == 0) return [0];
        double each = Math.Max(1, candidates.Average(i => _counts[i].Samples));
        int take = Math.Clamp((int)Math.Round(samples / each), 1, candidates.Count);
        return [.. Enumerable.Range(0, take).Select(i => candidates[(int)((long)i * candidates.Count / take)])];
    }

    /// <summary>The same tensors, some of them; not to be disposed.</summary>
    internal CalibrationBatches Only(IReadOnlyList<int> batches) => new([.. batches.Select(i => Batches[i])], [.. batches.Select(i => _counts[i])]);

    /// <summary>The same tensors for another graph with the same inputs in the same order; not to be disposed.</summary>
    public CalibrationBatches For(Graph graph)
    {
        if (Batches is [] || graph.Inputs.All(Batches[0].ContainsKey)) return new(Batches, _counts);
        Dictionary<string, Value> inputs = graph.Inputs.ToDictionary(i => i.Name);
        return new([.. Batches.Select(batch => batch.ToDictionary(e => inputs[e.Key.Name], e => e.Value))], _counts);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in Batches.SelectMany(b => b.Values)) tensor.Dispose();
    }
}
