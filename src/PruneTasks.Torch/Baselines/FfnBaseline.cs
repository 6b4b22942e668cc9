using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>Neurons by score; consumers repaired as the method does.</summary>
internal sealed class FfnBaseline(FfnSite site, BaselineMethod method, Random random) : BaselineSite
{
    private readonly UnitStatistics[] _inputs = [.. site.Consumers.Select(c => new UnitStatistics(c.InFeatures))];

    public override Value[] Inputs => [.. site.Consumers.Select(c => c.Input)];

    public override void Add(IReadOnlyList<Tensor> inputs, double weight)
    {
        for (int i = 0; i < _inputs.Length; i++) _inputs[i].Add(inputs[i], weight);
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] read = [.. site.Consumers.Select(c => LayerWeights.Weight(network, c))];
        Tensor rows = cat(read, dim: 1);
        // All consumers read the same neurons.
        UnitStatistics seen = _inputs[0];
        UnitFacts facts = new(
            site.Producers.Select(p => ColumnSquares(network, p)).Aggregate((a, b) => a + b).sqrt(), rows.square().sum([1L]).sqrt(), rows.abs().sum([1L]),
            seen.SecondMoment(), seen.Variance(), seen.Activity(), random);
        int[] kept = Best(method.Units(facts), keep);
        double worst = 0;
        for (int i = 0; i < read.Length; i++)
        {
            LinearRepair repaired = LinearRepair.Of(method.Repair, read[i], _inputs[i].Moments, kept);
            LayerWeights.SetWeight(network, site.Consumers[i], zeros_like(read[i]).index_copy(0, LinearRepair.Index(kept), repaired.Weight));
            LayerWeights.SetBias(network, site.Consumers[i], LayerWeights.Bias(network, site.Consumers[i]) + repaired.Shift);
            worst = Math.Max(worst, repaired.Error);
        }
        return (kept, worst);
    }

    public override void Dispose()
    {
        foreach (UnitStatistics statistics in _inputs) statistics.Dispose();
    }
}
