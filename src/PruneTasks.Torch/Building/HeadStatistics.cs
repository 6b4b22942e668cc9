using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Moments of each head's dimensions over all tokens.</summary>
/// <param name="features">[head][dimension] → position along the last axis.</param>
internal sealed class HeadStatistics(IReadOnlyList<IReadOnlyList<int>> features) : IDisposable
{
    private readonly MomentAccumulator[] _moments = [.. features.Select(f => new MomentAccumulator(f.Count))];

    /// <summary>Moments of one head.</summary>
    public MomentAccumulator this[int head] => _moments[head];

    /// <summary>Adds <paramref name="value"/> [..., features], each row with <paramref name="weight"/>.</summary>
    public void Add(Tensor value, double weight)
    {
        Tensor rows = value.reshape(-1, value.shape[^1]);
        for (int head = 0; head < _moments.Length; head++)
            _moments[head].Add(rows.index_select(1, tensor(features[head].Select(i => (long)i).ToArray())), weight);
    }

    public void Dispose()
    {
        foreach (MomentAccumulator moments in _moments) moments.Dispose();
    }
}
