using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Baselines;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Distillation;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Torch.Probing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Channels wherever the other kinds of site are known.</summary>
public sealed class ChannelSwitchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PriceSource.Curves)]
    [InlineData(PriceSource.Level)]
    [InlineData(PriceSource.Tails)]
    [InlineData(PriceSource.Fisher)]
    public void Channels_have_prices_that_rise_as_fewer_are_kept(PriceSource source)
    {
        (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create("late reader");
        using LoweredGraph dense = LoweredGraph.Create(model);
        using CalibrationBatches batches = ChannelBuildTests.Batches(model, 1);
        PriceSettings settings = new() { Output = model.Graph.Outputs[0], Observation = Observation.SquaredError, Source = source };
        SitePrices prices = PriceMeter.Measure(model, dense, sites, batches, settings, Token);
        IReadOnlyList<double> curve = Assert.Single(prices.Curves).Prices;
        Assert.Equal(sites[0].Units + 1, curve.Count);
        Assert.Equal(0, curve[^1]);
        Assert.True(curve[1] > 0);
        Assert.All(Enumerable.Range(0, sites[0].Units), keep => Assert.True(curve[keep] >= curve[keep + 1]));
    }

    [Fact]
    public void Trials_watched_apart_show_what_their_statistics_know_by_heart()
    {
        double[] seen = Prices(6, false), apart = Prices(6, true);
        Assert.All(seen.Zip(apart), p => Assert.True(p.Second > 1.2 * p.First, $"{p.Second} apart, {p.First} on the samples of the statistics"));
        Assert.Equal(apart, Prices(6, true));
        // A single batch is watched, and gives the statistics as well.
        Assert.Equal(Prices(1, false), Prices(1, true));

        static double[] Prices(int count, bool apart)
        {
            (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create("flatten");
            using LoweredGraph dense = LoweredGraph.Create(model);
            using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, [.. Enumerable.Range(0, count).Select(i => (TensorData[])[ChannelGraph.Inputs(i + 1, 8)])], 8 * count);
            PriceSettings settings = new() { Output = model.Graph.Outputs[0], Observation = Observation.SquaredError, Levels = [0.75, 0.5], Apart = apart };
            return [.. Assert.Single(PriceMeter.Measure(model, dense, sites, batches, settings, Token).Sites).Measured.Select(m => m.Price)];
        }
    }

    [Fact]
    public void Groups_of_channels_switch_them_off_and_all_together_leave_a_constant()
    {
        using var off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create("pooled");
        using LoweredGraph dense = LoweredGraph.Create(model), changed = dense.Fork();
        using CalibrationBatches batches = ChannelBuildTests.Batches(model, 1);
        IReadOnlyList<ProbeGroup> groups = ProbeGroups.Units(model, dense, sites, batches, 4, Token);
        Assert.Equal(3, groups.Count);
        ProbeGroup.Apply(dense, changed, groups);
        Tensor y = changed.Run(batches.Batches[0], [model.Graph.Outputs[0]])[0], mean = dense.Run(batches.Batches[0], [model.Graph.Outputs[0]])[0].mean([0L]);
        Assert.True((y - y[0]).abs().max().item<float>() < 1e-5);
        Assert.True((y[0] - mean).abs().max().item<float>() < 0.2);
        foreach (ProbeGroup group in groups) group.Dispose();
        using ProbeGroup half = Assert.Single(ProbeGroups.Sites(model, dense, [(sites[0], 6)], batches, Token));
        using LoweredGraph other = dense.Fork();
        ProbeGroup.Apply(dense, other, [half]);
        Assert.Equal(SiteAccess.Weights(sites[0]).ToHashSet(), other.ChangedFrom(dense).ToHashSet());
    }

    [Theory]
    [InlineData("random")]
    [InlineData("magnitude")]
    [InlineData("wanda-sp")]
    [InlineData("vbp")]
    public void Methods_that_score_units_take_channels(string name)
    {
        (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create("two readers");
        using LoweredGraph dense = LoweredGraph.Create(model);
        using CalibrationBatches batches = ChannelBuildTests.Batches(model, 1);
        BuildResult build = new BaselineBuilder(model, dense, BaselineMethod.Find(name)!, 5).Build(ChannelBuildTests.Plan(sites, 5), batches, Token);
        SiteOutcome outcome = Assert.Single(build.Sites);
        Assert.Equal(5, outcome.Removal.Kept.Count);
        Assert.InRange(outcome.RelativeError, 0, 1);
        Value bias = sites[0].Consumers[0].Node.Inputs[2]!;
        Assert.Equal(name is "wanda-sp" or "vbp", !build.Weights[bias].ToFloats().SequenceEqual(bias.Constant!.ToFloats()));
    }

    [Fact]
    public void Methods_of_linear_layers_take_no_channels() =>
        Assert.Equal(["corp", "svd"], BaselineMethod.All.Where(m => !m.TakesChannels).Select(m => m.Name));

    [Fact]
    public void Training_moves_layers_behind_channels_and_leaves_removed_ones_out()
    {
        (OnnxModel model, ChannelSite[] sites) = ChannelForms.Create("two readers");
        using LoweredGraph dense = LoweredGraph.Create(model), network = dense.Fork();
        using CalibrationBatches batches = ChannelBuildTests.Batches(model, 1);
        foreach (ChannelEnd end in sites[0].Consumers) ChannelMask.Clear(network, end, unit => unit < 6);
        DistillOutcome outcome = new Distiller(dense, batches, null, new DistillOptions { Steps = 20, Observation = Observation.SquaredError }).Train(network, sites, Token);
        Assert.True(outcome.LossAfter < outcome.LossBefore);
        foreach (ChannelEnd end in sites[0].Consumers)
        {
            Assert.Contains(end.Weight, outcome.Changed);
            using Tensor gone = network.Weight(end.Weight).narrow(1, 6, 6);
            Assert.Equal(0, gone.abs().max().item<float>());
        }
    }
}
