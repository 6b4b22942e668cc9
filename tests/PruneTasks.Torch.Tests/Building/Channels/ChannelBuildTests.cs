using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

public sealed class ChannelBuildTests
{
    private const int Units = ChannelForms.Units;

    [Theory]
    [MemberData(nameof(ChannelForms.All), MemberType = typeof(ChannelForms))]
    public void Masked_channels_have_no_effect_and_refits_lose_less_than_plain_removal(string form)
    {
        (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create(form);
        (BuildResult build, double plain, double built) = Build(model, sites, Units / 2);
        foreach (SiteOutcome outcome in build.Sites)
        {
            ChannelSite site = (ChannelSite)outcome.Removal.Site;
            Assert.Equal(Units / 2, outcome.Removal.Kept.Count);
            foreach (ChannelEnd end in site.Consumers)
            {
                for (int c = 0; c < end.UnitOf.Count; c++)
                    if (end.UnitOf[c] >= 0) Assert.Equal(outcome.Removal.Kept.Contains(end.UnitOf[c]), Along(build.Weights[end.Weight], end.WeightAxis, c).Any(w => w != 0));
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{form}: plain removal {plain:g3}, built {built:g3}"));
        Assert.True(built < 0.85 * plain, FormattableString.Invariant($"plain removal {plain:g3}, built {built:g3}"));
    }

    [Theory]
    [InlineData(2304, 4608)]
    [InlineData(20, 4608)]
    [InlineData(4, 4)]
    public void Every_tier_takes_channels_away_and_cheaper_ones_lose_more(int windows, int channels)
    {
        (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create("two readers");
        using var off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using LoweredGraph dense = LoweredGraph.Create(model), changed = dense.Fork();
        using CalibrationBatches batches = Batches(model, 1);
        using ActivationStream stream = new(dense, batches);
        using ChannelCompression compression = new(sites[0], null, new BuildSettings().ContextFor(64, 2, dense), new ChannelLimits(windows, channels));
        Assert.All(compression.Layers, l => Assert.Equal(windows > 1000 ? StatisticsTier.Windows : channels > 1000 && l.Layer.Taps > 1 ? StatisticsTier.Channels : channels > 1000 ? StatisticsTier.Windows : StatisticsTier.Moments, l.Tier));
        compression.Gather(stream, batch => stream.Run(batch, compression.Targets));
        (IReadOnlyList<int> kept, _) = compression.Apply(changed, Units / 2);
        double plain = Distance(model, dense, Plain(dense, sites, [kept])), repaired = Distance(model, dense, changed);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{windows} {channels}: plain removal {plain:g3}, repaired {repaired:g3}"));
        Assert.True(repaired < plain);
        foreach (ConsumerStatistics layer in compression.Layers.Where(l => l.Tier != StatisticsTier.Windows))
        {
            using ActivationStream pruned = new(changed, batches);
            (double before, _) = Seen();
            new OutputMatch(layer.Layer).Apply(pruned, (batch, values) => stream.Run(batch, values));
            (double after, double moved) = Seen();
            Assert.True(after < before && moved < 1e-4);

            (double Error, double Mean) Seen()
            {
                Tensor difference = changed.Run(batches.Batches[0], [layer.Layer.Output])[0] - dense.Run(batches.Batches[0], [layer.Layer.Output])[0];
                Tensor more = changed.Run(batches.Batches[1], [layer.Layer.Output])[0] - dense.Run(batches.Batches[1], [layer.Layer.Output])[0];
                Tensor both = cat([difference, more]);
                return (both.square().mean().item<float>(), both.mean([0L, 2L, 3L]).abs().max().item<float>());
            }
        }
        double[] errors = compression.Errors(dense);
        Assert.Equal(0, errors[Units]);
        Assert.All(Enumerable.Range(0, Units), keep => Assert.True(errors[keep] >= errors[keep + 1]));
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("late reader")]
    public void The_same_threads_give_the_same_bytes(string form)
    {
        byte[][] Once(int threads)
        {
            int before = get_num_threads();
            set_num_threads(threads);
            try
            {
                (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create(form);
                return [.. Build(model, sites, 5).Build.Weights.Values.Select(w => w.Bytes.ToArray())];
            }
            finally
            {
                set_num_threads(before);
            }
        }
        // One against two depends on the kernels that libtorch has for the processor: what is promised there is prune.threads (decision 0024).
        Assert.Equal(Once(1), Once(1));
        Assert.Equal(Once(2), Once(2));
    }

    internal static CalibrationBatches Batches(OnnxModel model, int seed) =>
        CalibrationBatches.Create(model.Graph, [[ChannelGraph.Inputs(seed, 48)], [ChannelGraph.Inputs(seed + 1, 48)]], 96);

    internal static PrunePlan Plan(ChannelSite[] sites, int keep) => new([.. sites.Select(s => new SitePlan(s, new Cost(10, 10, 10), keep))], new Cost(1000, 1000, 1000));

    private static (BuildResult Build, double Plain, double Built) Build(OnnxModel model, ChannelSite[] sites, int keep)
    {
        using var off = no_grad();
        using LoweredGraph dense = LoweredGraph.Create(model), built = dense.Fork();
        Assert.Empty(dense.Refusals);
        using CalibrationBatches batches = Batches(model, 1);
        BuildResult build = new SequentialBuilder(model, dense, ShapeInference.Run(model, ShapeBinding.Default()), new BuildSettings()).Build(Plan(sites, keep), batches, TestContext.Current.CancellationToken);
        foreach ((Value weight, TensorData data) in build.Weights)
        {
            using Tensor content = TorchTypes.ToTensor(data);
            built.SetWeight(weight, content);
        }
        IReadOnlyList<int>[] kept = [.. sites.Select(s => build.Sites.Single(o => o.Removal.Site == s).Removal.Kept)];
        return (build, Distance(model, dense, Plain(dense, sites, kept)), Distance(model, dense, built));
    }

    /// <summary>The same channels, gone without any repair.</summary>
    private static LoweredGraph Plain(LoweredGraph dense, ChannelSite[] sites, IReadOnlyList<int>[] kept)
    {
        LoweredGraph plain = dense.Fork();
        foreach ((ChannelSite site, IReadOnlyList<int> stay) in sites.Zip(kept))
            foreach (ChannelEnd end in site.Consumers) ChannelMask.Clear(plain, end, stay.Contains);
        return plain;
    }

    /// <summary>Relative squared error on samples that were not seen before.</summary>
    private static double Distance(OnnxModel model, LoweredGraph dense, LoweredGraph other)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<Value, Tensor> inputs = new() { [model.Graph.Inputs[0]] = TorchTypes.ToTensor(ChannelGraph.Inputs(77, 32)) };
        Tensor a = dense.Run(inputs, [model.Graph.Outputs[0]])[0], b = other.Run(inputs, [model.Graph.Outputs[0]])[0];
        return ((a - b).square().sum() / (a - a.mean()).square().sum()).item<float>();
    }

    private static IEnumerable<float> Along(TensorData tensor, int axis, int at)
    {
        float[] values = tensor.ToFloats();
        int inner = (int)tensor.Shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b), size = (int)tensor.Shape[axis];
        return values.Where((_, i) => i / inner % size == at);
    }
}
