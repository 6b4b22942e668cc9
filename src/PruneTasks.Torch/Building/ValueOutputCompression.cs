using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Value-output rank: the map from a head's mixed values to the output is replaced by the closest one of lower rank, its mean folded into the bias. Heads that share
/// values share the directions that are kept of them.
/// </summary>
internal sealed class ValueOutputCompression(AttentionLayer attention) : SiteCompression
{
    private readonly HeadOutput _output = attention.Output ?? throw new ArgumentException("no layer after the heads", nameof(attention));
    private readonly HeadStatistics _context = new(attention.Output!.Rows);

    private readonly IReadOnlyList<int[]> _groups = attention.Output!.Groups;

    private int Size => attention.Value.Columns[0].Count;

    public override Value[] Inputs => [_output.Layer.Input];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, double weight) => _context.Add(inputs[0], weight);

    public override double[] Errors(LoweredGraph network)
    {
        var errors = new double[Size + 1];
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = LayerWeights.Weight(network, _output.Layer);
        foreach (int[] group in _groups)
        {
            using SharedValueFactors factors = Factors(group, weight, Most(group, weight));
            for (int keep = 0; keep < factors.Errors.Length; keep++) errors[keep] += factors.Errors[keep];
        }
        return errors;
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        if (keep == 0) return ApplyNone(network);
        double lost = 0;
        foreach (int[] group in _groups)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor old = LayerWeights.Weight(network, _output.Layer);
            int rank = Math.Min(keep, Most(group, old));
            using SharedValueFactors factors = Factors(group, old, rank);
            lost += factors.Errors[0] > 0 ? factors.Errors[rank] / factors.Errors[0] / _groups.Count : 0;
            LayerWeights.Rotate(network, attention.Value.Layer, attention.Value.Columns[_output.ValueHeads[group[0]]], factors.Value);
            Tensor narrow = zeros(Size - rank, old.shape[1], float64);
            LayerWeights.SetWeight(network, _output.Layer, old.index_copy(0, cat([.. group.Select(Rows)]), cat([.. factors.Outputs.SelectMany(output => new[] { output, narrow })])));
            LayerWeights.SetBias(network, _output.Layer, LayerWeights.Bias(network, _output.Layer) + factors.BiasDelta);
        }
        return ([.. Enumerable.Range(0, keep)], lost);
    }

    /// <summary>No value gets through; what the heads give on average stays in the bias.</summary>
    private (IReadOnlyList<int> Kept, double Error) ApplyNone(LoweredGraph network)
    {
        for (int head = 0; head < _output.Rows.Count; head++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor old = LayerWeights.Weight(network, _output.Layer), rows = Rows(head), mine = old.index_select(0, rows);
            LayerWeights.SetBias(network, _output.Layer, LayerWeights.Bias(network, _output.Layer) + _context[head].Mean().to(float64).unsqueeze(0).mm(mine).squeeze(0));
            LayerWeights.SetWeight(network, _output.Layer, old.index_copy(0, rows, zeros_like(mine)));
        }
        return ([], 1);
    }

    public override void Dispose() => _context.Dispose();

    private Tensor Rows(int head) => tensor(_output.Rows[head].Select(i => (long)i).ToArray());

    // More directions than the layer has outputs, for all heads of a group together, carry nothing.
    private int Most(int[] group, Tensor weight) => (int)Math.Min(Size, group.Length * weight.shape[1]);

    private SharedValueFactors Factors(int[] group, Tensor weight, int rank) => SharedValues.Of(
        [.. group.Select(head => _context[head].Covariance())], [.. group.Select(head => _context[head].Mean())], [.. group.Select(head => weight.index_select(0, Rows(head)))], rank);
}
