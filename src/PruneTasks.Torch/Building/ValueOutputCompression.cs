using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Value-output rank: the map from a head's mixed values to the output is replaced by the closest one of lower rank, its mean folded into the bias.</summary>
internal sealed class ValueOutputCompression(AttentionLayer attention) : SiteCompression
{
    private readonly HeadOutput _output = attention.Output ?? throw new ArgumentException("no layer after the heads", nameof(attention));
    private readonly HeadStatistics _context = new(attention.Output!.Rows);

    private int Size => attention.Value.Columns[0].Count;

    public override Value[] Inputs => [_output.Layer.Input];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets) => _context.Add(inputs[0]);

    public override double[] Errors(LoweredGraph network)
    {
        var errors = new double[Size + 1];
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = LayerWeights.Weight(network, _output.Layer);
        for (int head = 0; head < attention.Heads; head++)
        {
            using ValueOutputFactors factors = Factors(head, weight, Math.Min(Size, (int)weight.shape[1]));
            for (int keep = 0; keep < factors.Errors.Length; keep++) errors[keep] += factors.Errors[keep];
        }
        return errors;
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        double lost = 0;
        for (int head = 0; head < attention.Heads; head++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor old = LayerWeights.Weight(network, _output.Layer), rows = Rows(head);
            using ValueOutputFactors factors = Factors(head, old, keep);
            lost += factors.Errors[0] > 0 ? factors.Errors[keep] / factors.Errors[0] / attention.Heads : 0;
            LayerWeights.Rotate(network, attention.Value.Layer, attention.Value.Columns[head], factors.Value);
            Tensor narrow = cat([factors.Output, zeros(rows.shape[0] - keep, old.shape[1], float64)]);
            LayerWeights.SetWeight(network, _output.Layer, old.index_copy(0, rows, narrow));
            LayerWeights.SetBias(network, _output.Layer, LayerWeights.Bias(network, _output.Layer) + factors.BiasDelta);
        }
        return ([.. Enumerable.Range(0, keep)], lost);
    }

    public override void Dispose() => _context.Dispose();

    private Tensor Rows(int head) => tensor(_output.Rows[head].Select(i => (long)i).ToArray());

    private ValueOutputFactors Factors(int head, Tensor weight, int rank) =>
        WhitenedSvd.ValueOutput(_context[head].Covariance(), _context[head].Mean(), weight.index_select(0, Rows(head)), rank);
}
