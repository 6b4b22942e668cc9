using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>The tier <see cref="StatisticsTier.Moments"/>: channels go by the output power that they carry alone, and their mean is folded into the bias.</summary>
internal sealed class MomentStatistics(ConsumerLayer layer, ResidualSum? residual, RefitContext context) : ConsumerStatistics(layer, residual, context)
{
    private readonly RefitContext _context = context;
    private readonly Tensor _sums = zeros(3, layer.Groups, layer.Inputs, dtype: float64).DetachFromDisposeScope();
    private double _weight;

    public override StatisticsTier Tier => StatisticsTier.Moments;

    protected override int Width => Layer.Inputs;

    public override IEnumerable<ObsPart> Parts(LoweredGraph network) => [];

    public override void AddConstant(LoweredGraph network, double[] costs)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] power = Power(Layer.Weight(network)).reshape(-1).data<double>().ToArray();
        double total = power.Sum();
        if (!(total > 0)) return;
        for (int i = 0; i < power.Length; i++)
        {
            int unit = Layer.UnitOf(i / Layer.Inputs, i % Layer.Inputs);
            if (unit >= 0) costs[unit] += power[i] / total;
        }
    }

    public override double Refit(LoweredGraph network, Func<int, bool> stays)
    {
        using DisposeScope scope = NewDisposeScope();
        LoweredGraph goal = _context.Dense ?? network;
        Tensor old = Layer.Weight(network);
        float[] keeps = [.. from g in Enumerable.Range(0, Layer.Groups) from c in Enumerable.Range(0, Layer.Inputs) let u = Layer.UnitOf(g, c) select u < 0 || stays(u) ? 1f : 0f];
        Tensor mask = tensor(keeps, dtype: float64).reshape(Layer.Groups, Layer.Inputs, 1).expand(Layer.Groups, Layer.Inputs, Layer.Taps).reshape(Layer.Groups, Layer.Features, 1);
        Tensor weight = old * mask;
        double before = Power(Layer.Weight(goal)).sum().item<double>(), after = Power(weight).sum().item<double>();
        Layer.SetWeight(network, weight);
        if (Layer.Bias is not null) Layer.SetBias(network, Layer.BiasOf(goal) + Means(2, Layer.Weight(goal)) - Means(0, weight));
        return before > 0 ? Math.Max(0, 1 - (after / before)) : 0;
    }

    public override void Dispose() => _sums.Dispose();

    protected override long Take(ConsumerLayer place, Tensor pruned, Tensor dense, Tensor target, long rows, int batch, double weight)
    {
        Tensor x = Channels(pruned), y = Channels(dense);
        Tensor sums = stack([x.sum([0L], type: ScalarType.Float64), x.square().sum([0L], type: ScalarType.Float64), y.sum([0L], type: ScalarType.Float64)]);
        _sums.add_(sums.reshape(3, Layer.Groups, Layer.Inputs), weight.ToScalar());
        _weight += weight * x.shape[0];
        return x.shape[0];
    }

    private Tensor Channels(Tensor value) => Layer.HasRows
        ? value.reshape(-1, value.shape[^1])
        : value.reshape(value.shape[0], value.shape[1], -1).transpose(1, 2).reshape(-1, value.shape[1]);

    /// <summary>[groups, channels]: variance times the squares of the weights.</summary>
    private Tensor Power(Tensor weight)
    {
        Tensor mean = _sums[0] / _weight, variance = ((_sums[1] / _weight) - mean.square()).clamp_min(0.0);
        return variance * weight.reshape(Layer.Groups, Layer.Inputs, -1).square().sum([2L]);
    }

    /// <summary>[groups, outputs]: the output that the means make, away from padding.</summary>
    private Tensor Means(int sums, Tensor weight) =>
        ((_sums[sums] / _weight).unsqueeze(2).unsqueeze(3) * weight.reshape(Layer.Groups, Layer.Inputs, Layer.Taps, Layer.Outputs)).sum([1L, 2L]);
}
