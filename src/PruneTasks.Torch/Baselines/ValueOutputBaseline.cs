using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>
/// Value-output dimensions: a subset in each head, by score, the layer after the heads repaired as the method does; or a truncated SVD of W_V·W_O. Heads that share
/// values share the subset (by the sum of their scores), or the left factor.
/// </summary>
internal sealed class ValueOutputBaseline(AttentionLayer attention, BaselineMethod method, Random random) : BaselineSite
{
    private readonly HeadOutput _output = attention.Output ?? throw new ArgumentException("no layer after the heads", nameof(attention));
    private readonly UnitStatistics _context = new(attention.Output!.Layer.InFeatures);

    public override Value[] Inputs => [_output.Layer.Input];

    public override void Add(IReadOnlyList<Tensor> inputs, double weight) => _context.Add(inputs[0], weight);

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor old = LayerWeights.Weight(network, _output.Layer), bias = LayerWeights.Bias(network, _output.Layer).clone(), narrow = zeros_like(old);
        double lost = method.LowRank ? Truncate(network, keep, old, narrow, bias) : Choose(network, keep, old, narrow, bias);
        LayerWeights.SetWeight(network, _output.Layer, narrow);
        LayerWeights.SetBias(network, _output.Layer, bias);
        return ([.. Enumerable.Range(0, keep)], lost);
    }

    public override void Dispose() => _context.Dispose();

    private double Choose(LoweredGraph network, int keep, Tensor old, Tensor narrow, Tensor bias)
    {
        List<int> from = [], to = [];
        IReadOnlyList<int[]> groups = _output.Groups;
        Tensor[] norms = [.. groups.Select(group => Values(network, group).square().sum([0L]).sqrt())];
        foreach ((int[] group, Tensor norm) in groups.Zip(norms))
        {
            IReadOnlyList<int> columns = ValueColumns(group);
            int[] kept = Best(group.Select(head => method.Units(Facts(head, norm, old))).Aggregate((a, b) => a + b), keep);
            foreach (int head in group)
            {
                from.AddRange(kept.Select(i => _output.Rows[head][i]));
                to.AddRange(_output.Rows[head].Take(keep));
            }
            LayerWeights.Rotate(network, attention.Value.Layer, columns, Pick(columns.Count, kept));
        }
        LinearRepair repaired = LinearRepair.Of(method.Repair, old, _context.Moments, from);
        narrow.index_copy_(0, LinearRepair.Index(to), repaired.Weight);
        bias.add_(repaired.Shift);
        return repaired.Error;
    }

    private double Truncate(LoweredGraph network, int keep, Tensor old, Tensor narrow, Tensor bias)
    {
        double lost = 0, total = 0;
        Tensor covariance = _context.Moments.Covariance(), offset = LayerWeights.Bias(network, attention.Value.Layer);
        foreach (int[] group in _output.Groups)
        {
            Tensor read = cat([.. group.Select(head => old.index_select(0, LinearRepair.Index(_output.Rows[head])))], dim: 1), value = Values(network, group);
            // Each row of attention weights sums to 1, so the bias of the values is a constant of the head's output.
            Tensor constant = offset.index_select(0, LinearRepair.Index(ValueColumns(group)));
            // The outputs of heads that share values stand side by side: one left factor serves all of them.
            ValueOutputFactors factors = WhitenedSvd.ValueOutput(value.t().mm(value), constant, read, keep);
            LayerWeights.Rotate(network, attention.Value.Layer, ValueColumns(group), factors.Value);
            Tensor[] output = factors.Output.chunk(group.Length, 1), shift = factors.BiasDelta.chunk(group.Length, 0), mine = read.chunk(group.Length, 1);
            for (int i = 0; i < group.Length; i++)
            {
                Tensor rows = LinearRepair.Index(_output.Rows[group[i]]);
                narrow.index_copy_(0, rows.narrow(0, 0, keep), output[i]);
                bias.add_(shift[i]);
                Tensor own = covariance.index_select(0, rows).index_select(1, rows), rest = mine[i] - factors.Value.mm(output[i]);
                lost += (rest * own.mm(rest)).sum().item<double>();
                total += (mine[i] * own.mm(mine[i])).sum().item<double>();
            }
        }
        return total > 0 ? lost / total : 0;
    }

    private UnitFacts Facts(int head, Tensor norm, Tensor old)
    {
        Tensor rows = LinearRepair.Index(_output.Rows[head]), read = old.index_select(0, rows);
        return new(
            norm, read.square().sum([1L]).sqrt(), read.abs().sum([1L]), _context.SecondMoment().index_select(0, rows), _context.Variance().index_select(0, rows),
            _context.Activity().index_select(0, rows), random);
    }

    private IReadOnlyList<int> ValueColumns(int[] group) => attention.Value.Columns[_output.ValueHeads[group[0]]];

    private Tensor Values(LoweredGraph network, int[] group) =>
        LayerWeights.Weight(network, attention.Value.Layer).index_select(1, LinearRepair.Index(ValueColumns(group)));
}
