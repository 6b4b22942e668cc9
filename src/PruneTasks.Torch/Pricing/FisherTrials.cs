using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>
/// Directional Fisher prices: ½E[(Σ_t g_t·δ_t)²], the second-order change of KL(dense ‖ changed) when the output of the layer behind a site
/// moves by δ. g is the gradient of −log p(ŷ) there, ŷ drawn from the dense answer; squared error takes Gaussian noise on the answer in its place (Gauss-Newton).
/// </summary>
/// <remarks>
/// The gradients of all sites come from one backward run for each draw, and δ is computed at the site alone, so the cost hardly grows with the
/// number of sites. Drawn answers are independent with mean zero scores, so products of different samples vanish on average; they are still
/// kept apart where a sample's part of a gradient can be told (<see cref="OutputGradients"/>), which takes most of the noise away.
/// </remarks>
internal sealed class FisherTrials(LoweredGraph dense, IReadOnlyList<PruneSite> sites, PriceSettings settings) : IDisposable
{
    private readonly List<SiteTrial> _trials = [];

    /// <summary>Remembers a trial; takes its network over.</summary>
    public void Add(SiteTrial trial) => _trials.Add(trial);

    /// <summary>The price of every trial.</summary>
    /// <exception cref="PriceGradientException">The gradient does not reach a site.</exception>
    public (IReadOnlyList<(int Keep, double Price)>[] Prices, double Passes) Measure(CalibrationBatches watched, CancellationToken cancellationToken)
    {
        Value[] points = [.. sites.SelectMany(Points).Distinct()];
        var sums = new double[_trials.Count];
        double passes = 0;
        for (int b = 0; b < watched.Batches.Count; b++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            using OutputGradients gradients = OutputGradients.Of(dense, watched.Batches[b], settings, points, settings.Seed + b);
            using ActivationStream stream = new(dense, watched.Only([b]));
            passes += (1 + (2.0 * gradients.Runs)) / watched.Batches.Count;
            for (int t = 0; t < _trials.Count; t++)
            {
                using DisposeScope inner = NewDisposeScope();
                SiteTrial trial = _trials[t];
                stream.Advance(trial.Position);
                Value[] at = [.. Points(sites[trial.Site])];
                (IReadOnlyList<Tensor> before, IReadOnlyList<Tensor> after) = sites[trial.Site] is ChannelSite channels ? Apart(channels) : (stream.Run(0, at), stream.Run(trial.Changed, 0, at));
                sums[t] += gradients.Squares(at, [.. after.Zip(before, (x, y) => x - y)]) / watched.Batches.Count;

                // Layers behind channels may follow each other: each is changed on its dense inputs, so that no change is counted in two places.
                (IReadOnlyList<Tensor>, IReadOnlyList<Tensor>) Apart(ChannelSite site)
                {
                    Value[] read = [.. site.Consumers.SelectMany(end => end.Node.Inputs).OfType<Value>().Where(v => v.Constant is null).Distinct()];
                    Dictionary<Value, Tensor> known = read.Zip(stream.Run(0, read)).ToDictionary(p => p.First, p => p.Second);
                    return (dense.Run(known, at), trial.Changed.Run(known, at));
                }
            }
        }
        var prices = new IReadOnlyList<(int, double)>[sites.Count];
        for (int s = 0; s < sites.Count; s++) prices[s] = [.. _trials.Select((trial, t) => (trial, t)).Where(x => x.trial.Site == s).Select(x => (x.trial.Keep, sums[x.t]))];
        return (prices, passes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SiteTrial trial in _trials) trial.Changed.Dispose();
    }

    /// <summary>Values behind which the rest of the network sees nothing else of a site.</summary>
    private static IEnumerable<Value> Points(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Consumers.Select(c => c.Output),
        ChannelSite channels => channels.Consumers.Select(end => end.Node.Outputs[0]).Distinct(),
        _ when SiteAccess.Attention(site) is { Output: { } output } => [output.Layer.Output],
        ScoreGroupSite g => [g.Product.Outputs[0]],
        QueryKeySite { Attention: var a } => [a.Softmax.Outputs[0]],
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };
}
