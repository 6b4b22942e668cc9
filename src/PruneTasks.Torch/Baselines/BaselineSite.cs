using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>One site on its way through a baseline: statistics of the dense network in, weights with fewer acting units out.</summary>
internal abstract class BaselineSite : IDisposable
{
    /// <summary>For the kind of the site.</summary>
    public static BaselineSite For(PruneSite site, BaselineMethod method, Random random) => site switch
    {
        FfnSite ffn => new FfnBaseline(ffn, method, random),
        QueryKeySite s => new QueryKeyBaseline(s, method, random),
        ValueOutputSite s => new ValueOutputBaseline(s.Attention, method, random),
        ChannelSite s => new ChannelBaseline(s, method, random),
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    /// <summary>Dense values of which statistics are needed.</summary>
    public abstract Value[] Inputs { get; }

    /// <summary>Adds one batch of <see cref="Inputs"/>, each row with <paramref name="weight"/>.</summary>
    public abstract void Add(IReadOnlyList<Tensor> inputs, double weight);

    /// <summary>Gives <paramref name="network"/> weights in which only <paramref name="keep"/> units act.</summary>
    /// <returns>Units kept, ascending, and the share of the local target that is lost.</returns>
    public abstract (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The <paramref name="keep"/> units of the highest score, ascending; of equal ones the first stay.</summary>
    protected static int[] Best(Tensor score, int keep)
    {
        double[] scores = score.to(float64).contiguous().data<double>().ToArray();
        return [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(keep).Order()];
    }

    /// <summary>[units, kept]: picks the units that stay.</summary>
    protected static Tensor Pick(int units, IReadOnlyList<int> kept) => eye(units, dtype: float64).index_select(1, LinearRepair.Index(kept));

    /// <summary>‖column‖² of a layer [columns].</summary>
    protected static Tensor ColumnSquares(LoweredGraph network, LinearView layer) => LayerWeights.Weight(network, layer).square().sum([0L]);
}
