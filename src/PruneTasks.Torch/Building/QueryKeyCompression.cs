using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Query-key rank: each head's bilinear map is replaced by the closest one of lower rank under the statistics of the data (whitened SVD), the
/// same rank in every head.
/// </summary>
internal sealed class QueryKeyCompression(AttentionLayer attention) : SiteCompression
{
    private readonly HeadStatistics _query = new(attention.Query.Columns), _key = new(attention.Key.Columns);

    private int Size => attention.Query.Columns[0].Count;

    public override Value[] Inputs => [attention.Query.Layer.Output, attention.Key.Layer.Output];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets)
    {
        _query.Add(inputs[0]);
        // Softmax ignores what all keys of a sequence share, so that part needs no rank: keys are centred per sequence.
        long[] tokens = [.. attention.Key.TokenAxes.Select(axis => (long)axis)];
        _key.Add(tokens.Length == 0 ? inputs[1] : inputs[1] - inputs[1].mean(tokens, keepdim: true));
    }

    public override double[] Errors(LoweredGraph network)
    {
        var errors = new double[Size + 1];
        for (int head = 0; head < attention.Heads; head++)
        {
            using QueryKeyFactors factors = Factors(head, Size);
            for (int keep = 0; keep <= Size; keep++) errors[keep] += factors.Errors[keep];
        }
        return errors;
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        double lost = 0;
        for (int head = 0; head < attention.Heads; head++)
        {
            using DisposeScope scope = NewDisposeScope();
            using QueryKeyFactors factors = Factors(head, keep);
            lost += factors.Errors[0] > 0 ? factors.Errors[keep] / factors.Errors[0] / attention.Heads : 0;
            LayerWeights.Rotate(network, attention.Query.Layer, attention.Query.Columns[head], factors.Query);
            LayerWeights.Rotate(network, attention.Key.Layer, attention.Key.Columns[head], factors.Key);
        }
        return ([.. Enumerable.Range(0, keep)], lost);
    }

    public override void Dispose()
    {
        _query.Dispose();
        _key.Dispose();
    }

    private QueryKeyFactors Factors(int head, int rank) => WhitenedSvd.QueryKey(_query[head].SecondMoment(), _key[head].Covariance(), rank);
}
