using System.Security.Cryptography;
using PruneTasks.Onnx;
using PruneTasks.Torch.Building;

namespace PruneTasks.Worker.Data;

/// <summary>Samples in a fixed order, held in memory, for one model.</summary>
internal sealed class CalibrationSet
{
    private readonly List<byte[]> _hashes;

    public CalibrationSet(IReadOnlyList<ModelInput> inputs, IReadOnlyList<Sample> samples)
    {
        Inputs = inputs;
        Samples = samples;
        _hashes = [.. samples.Select(sample => sample.ContentHash())];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] one in _hashes) hash.AppendData(one);
        ContentHash = Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }

    /// <summary>The model's inputs; each sample has one tensor for each.</summary>
    public IReadOnlyList<ModelInput> Inputs { get; }

    /// <summary>The samples, interleaved over the classes where the data has some.</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>Number of samples.</summary>
    public int Count => Samples.Count;

    /// <summary>SHA-256, lower-case hex, over the contents in order.</summary>
    public string ContentHash { get; }

    /// <summary>The contents of each sample, hashed, in order.</summary>
    public IReadOnlyList<byte[]> SampleHashes => _hashes;

    /// <summary>The same samples, each counting <paramref name="weight"/> times.</summary>
    public CalibrationSet WithWeight(double weight) => new(Inputs, [.. Samples.Select(sample => sample with { Weight = weight })]);

    /// <summary>Runs of at most <paramref name="size"/> samples of one weight, as the network is given them.</summary>
    public IEnumerable<CalibrationBatch> WeightedBatches(int size) =>
        Batching.Split(Inputs, Samples, size).Select(run => new CalibrationBatch(Batching.Join(run), run.Count, run[0].Weight, run.Count(sample => sample.IsView)));

    /// <summary>Runs of at most <paramref name="size"/> samples: for each the inputs in the model's order, joined along axis 0.</summary>
    public IEnumerable<IReadOnlyList<TensorData>> Batches(int size) => Batching.Split(Inputs, Samples, size).Select(Batching.Join);
}
