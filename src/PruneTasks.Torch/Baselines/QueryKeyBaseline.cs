using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>
/// Query-key dimensions: a subset in each head, by score, the others repaired for if the method does; or a truncated SVD of W_Q·W_Kᵀ.
/// </summary>
internal sealed class QueryKeyBaseline(QueryKeySite site, BaselineMethod method, Random random) : BaselineSite
{
    private readonly HeadStatistics _query = new(site.Query.Columns), _key = new(site.Key.Columns);

    public override Value[] Inputs => [site.Query.Layer.Output, site.Key.Layer.Output];

    public override void Add(IReadOnlyList<Tensor> inputs, double weight)
    {
        _query.Add(inputs[0], weight);
        _key.Add(inputs[1], weight);
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        double lost = 0;
        for (int head = 0; head < site.Query.Columns.Count; head++)
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor query, Tensor key) = Factors(network, head, keep);
            lost += Lost(head, query, key) / site.Query.Columns.Count;
            LayerWeights.Rotate(network, site.Query.Layer, site.Query.Columns[head], query);
            LayerWeights.Rotate(network, site.Key.Layer, site.Key.Columns[head], key);
        }
        return ([.. Enumerable.Range(0, keep)], lost);
    }

    public override void Dispose()
    {
        _query.Dispose();
        _key.Dispose();
    }

    private (Tensor Query, Tensor Key) Factors(LoweredGraph network, int head, int keep)
    {
        Tensor q = Columns(network, site.Query, head), k = Columns(network, site.Key, head);
        if (method.LowRank)
        {
            // The SVD of W_Q·W_Kᵀ is the whitened one of white inputs.
            QueryKeyFactors factors = WhitenedSvd.QueryKey(q.t().mm(q), k.t().mm(k), keep);
            return (factors.Query, factors.Key);
        }
        Tensor momentQ = _query[head].SecondMoment(), momentK = _key[head].SecondMoment();
        int[] kept = Best(method.Pairs(Facts(q, momentQ), Facts(k, momentK)), keep);
        Tensor pick = Pick(site.Query.Columns[head].Count, kept);
        return (method.Repair == UnitRepair.Regression ? pick.mm(LogitRepair.Mix(momentQ, momentK, kept)) : pick, pick);
    }

    private UnitFacts Facts(Tensor columns, Tensor moment)
    {
        Tensor none = zeros(columns.shape[1], float64), norm = columns.square().sum([0L]).sqrt();
        return new UnitFacts(norm, none, none, moment.diagonal(), none, none, random);
    }

    /// <summary>Share of E[(q·kᵀ)²] that is lost, queries and keys taken as independent.</summary>
    private double Lost(int head, Tensor query, Tensor key)
    {
        Tensor q = _query[head].SecondMoment(), k = _key[head].SecondMoment();
        Tensor map = eye(q.shape[0], dtype: float64), rest = map - query.mm(key.t());
        double total = q.mm(map).mm(k).trace().item<double>();
        return total > 0 ? rest.t().mm(q).mm(rest).mm(k).trace().item<double>() / total : 0;
    }

    private static Tensor Columns(LoweredGraph network, HeadProjection projection, int head) =>
        LayerWeights.Weight(network, projection.Layer).index_select(1, LinearRepair.Index(projection.Columns[head]));
}
