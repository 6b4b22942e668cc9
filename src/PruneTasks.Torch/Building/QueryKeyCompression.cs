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
internal sealed class QueryKeyCompression(HeadProjection query, HeadProjection key) : SiteCompression
{
    private readonly HeadStatistics _query = new(query.Columns), _key = new(key.Columns);

    private int Heads => query.Columns.Count;

    private int Size => query.Columns[0].Count;

    public override Value[] Inputs => [query.Layer.Output, key.Layer.Output];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, double weight)
    {
        _query.Add(inputs[0], weight);
        // Softmax ignores what all keys of a sequence share, so that part needs no rank: keys are centred per sequence.
        long[] tokens = [.. key.TokenAxes.Select(axis => (long)axis)];
        _key.Add(tokens.Length == 0 ? inputs[1] : inputs[1] - inputs[1].mean(tokens, keepdim: true), weight);
    }

    public override double[] Errors(LoweredGraph network)
    {
        var errors = new double[Size + 1];
        for (int head = 0; head < Heads; head++)
        {
            using QueryKeyFactors factors = Factors(head, Size);
            for (int keep = 0; keep <= Size; keep++) errors[keep] += factors.Errors[keep];
        }
        return errors;
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        // Without values nobody looks at the scores.
        if (keep == 0) return ([], 1);
        double lost = 0;
        for (int head = 0; head < Heads; head++)
        {
            using DisposeScope scope = NewDisposeScope();
            using QueryKeyFactors factors = Factors(head, keep);
            lost += factors.Errors[0] > 0 ? factors.Errors[keep] / factors.Errors[0] / Heads : 0;
            LayerWeights.Rotate(network, query.Layer, query.Columns[head], factors.Query);
            LayerWeights.Rotate(network, key.Layer, key.Columns[head], factors.Key);
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
