using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Distillation;

/// <summary>Samples to be run together, and their share of one training step.</summary>
internal readonly record struct Portion(IReadOnlyDictionary<Value, Tensor> Inputs, int Samples, double Share);

/// <summary>
/// Draws samples in a random order, each as often as any other. Samples of one shape are put together anew for each step; where a file fixes the
/// first axis they are run as they are, one portion each.
/// </summary>
internal sealed class SampleDraw
{
    private readonly CalibrationBatches _calibration;
    private readonly List<(int Batch, int Row)> _samples = [];
    private readonly Queue<(int Batch, int Row)> _left = [];
    private readonly Generator _generator;

    public SampleDraw(CalibrationBatches calibration, int seed)
    {
        (_calibration, _generator) = (calibration, new Generator((ulong)(uint)seed));
        for (int b = 0; b < calibration.Batches.Count; b++)
        {
            if (calibration.Weight(b) == 0) continue;
            int n = calibration.SamplesOf(b);
            bool joined = n > 1 && calibration.Batches[b].Values.All(t => t.ndim > 0 && t.shape[0] == n);
            _samples.AddRange(joined ? Enumerable.Range(0, n).Select(row => (b, row)) : [(b, -1)]);
        }
    }

    /// <summary>The next samples, at least <paramref name="count"/>. Tensors belong to the caller's dispose scope.</summary>
    public IReadOnlyList<Portion> Next(int count)
    {
        List<(int Batch, int Row)> picked = [];
        for (int n = 0; n < count;)
        {
            if (_left.Count == 0) Shuffle();
            picked.Add(_left.Dequeue());
            n += picked[^1].Row < 0 ? _calibration.SamplesOf(picked[^1].Batch) : 1;
        }
        double all = picked.Sum(Weight);
        return [.. picked.GroupBy(Key).Select(group => new Portion(Inputs([.. group]), (int)group.Sum(Count), group.Sum(Weight) / all))];
    }

    private double Count((int Batch, int Row) sample) => sample.Row < 0 ? _calibration.SamplesOf(sample.Batch) : 1;

    private double Weight((int Batch, int Row) sample) => Count(sample) * _calibration.Weight(sample.Batch);

    private string Key((int Batch, int Row) sample) => sample.Row < 0
        ? $"{sample.Batch}"
        : $"{_calibration.Weight(sample.Batch):R}:{string.Join(';', _calibration.Batches[sample.Batch].Values.Select(t => string.Join(',', t.shape[1..])))}";

    private IReadOnlyDictionary<Value, Tensor> Inputs((int Batch, int Row)[] samples) => samples[0].Row < 0
        ? _calibration.Batches[samples[0].Batch]
        : _calibration.Batches[samples[0].Batch].Keys.ToDictionary(v => v, v => cat([.. samples.Select(s => _calibration.Batches[s.Batch][v].narrow(0, s.Row, 1))]));

    private void Shuffle()
    {
        using Tensor order = randperm(_samples.Count, generator: _generator);
        foreach (long i in order.data<long>().ToArray()) _left.Enqueue(_samples[(int)i]);
    }
}
