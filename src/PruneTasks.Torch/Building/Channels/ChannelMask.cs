using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>The gate of channels: zeros at their coordinates of a weight that reads them.</summary>
internal static class ChannelMask
{
    /// <summary>Puts zeros in the place of the weights of <paramref name="end"/> for all units of which <paramref name="stays"/> is false.</summary>
    public static void Clear(LoweredGraph network, ChannelEnd end, Func<int, bool> stays)
    {
        long[] gone = [.. Enumerable.Range(0, end.UnitOf.Count).Where(c => end.UnitOf[c] >= 0 && !stays(end.UnitOf[c])).Select(c => (long)c)];
        if (gone.Length == 0) return;
        using DisposeScope scope = NewDisposeScope();
        network.SetWeight(end.Weight, network.Weight(end.Weight).index_fill(end.WeightAxis, tensor(gone, int64), 0));
    }

    /// <summary>[units]: share of the squares of the weights of <paramref name="end"/> that each unit has.</summary>
    public static double[] Shares(LoweredGraph network, ChannelEnd end, int units)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = network.Weight(end.Weight).to(float64);
        double[] squares = weight.transpose(0, end.WeightAxis).reshape(weight.shape[end.WeightAxis], -1).square().sum([1L]).data<double>().ToArray();
        double total = squares.Sum();
        var shares = new double[units];
        for (int c = 0; c < squares.Length; c++)
            if (end.UnitOf[c] >= 0 && total > 0) shares[end.UnitOf[c]] += squares[c] / total;
        return shares;
    }

}
