using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Torch.Tests.Building;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Pricing;

/// <summary>Prices of one small network from every source that measures site by site.</summary>
public sealed class PriceSourceTests
{
    [Theory]
    [InlineData(TransformerStyle.PackedSplit, Observation.Divergence)]
    [InlineData(TransformerStyle.PackedSeqFirst, Observation.Divergence)]
    [InlineData(TransformerStyle.Split, Observation.SquaredError)]
    public void Directional_Fisher_tells_what_the_output_really_loses(TransformerStyle style, Observation observation)
    {
        double[] exact = Measured(style, observation, PriceSource.Curves, 1), fisher = Measured(style, observation, PriceSource.Fisher, 16);
        Assert.All(fisher, price => Assert.True(price > 0));
        double a = exact.Average(), b = fisher.Average();
        double correlation = exact.Zip(fisher, (x, y) => (x - a) * (y - b)).Sum() / Math.Sqrt(exact.Sum(x => (x - a) * (x - a)) * fisher.Sum(y => (y - b) * (y - b)));
        Assert.True(correlation > 0.9, $"{correlation}");
        Assert.InRange(fisher.Sum() / exact.Sum(), 0.6, 1.7);
    }

    [Fact]
    public void The_same_seed_gives_the_same_Fisher_prices_and_another_seed_others()
    {
        double[] first = Measured(TransformerStyle.Split, Observation.Divergence, PriceSource.Fisher, 1);
        Assert.Equal(first, Measured(TransformerStyle.Split, Observation.Divergence, PriceSource.Fisher, 1));
        Assert.NotEqual(first, Measured(TransformerStyle.Split, Observation.Divergence, PriceSource.Fisher, 1, seed: 7));
    }

    [Fact]
    public void Tails_look_at_no_output_and_price_the_loss_of_everything_at_one()
    {
        SitePrices prices = Measure(TransformerStyle.Split, Observation.Divergence, PriceSource.Tails, 1, 42);
        Assert.Equal(0, prices.Passes);
        Assert.All(prices.Sites, site =>
        {
            Assert.Empty(site.Measured);
            Assert.Equal(1, site.Curve.Prices[0], 6);
            Assert.Equal(0, site.Curve.Prices[^1]);
        });
    }

    [Fact]
    public void Drawn_cotangents_have_the_curvature_of_the_divergence()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = tensor(new[] { 1.0f, -0.5f, 0.3f, 0.0f }, 1, 4), p = logits.to(float64).softmax(-1);
        DrawnAnswers answers = new(Observation.Divergence, logits.expand(20000, 4).contiguous(), seed: 3);
        Tensor c = answers.Draw().to(float64);
        Tensor expected = diag(p[0]) - p.t().mm(p);
        Assert.True((c.t().mm(c) / c.shape[0] - expected).abs().max().item<double>() < 0.01);
    }

    private static double[] Measured(TransformerStyle style, Observation observation, PriceSource source, int draws, int seed = 42) =>
        [.. Measure(style, observation, source, draws, seed).Sites.SelectMany(s => s.Measured).Select(m => m.Price)];

    private static SitePrices Measure(TransformerStyle style, Observation observation, PriceSource source, int draws, int seed)
    {
        OnnxModel model = PruningTests.Prepared(style);
        using LoweredGraph graph = LoweredGraph.Create(model);
        using Tensor a = PruningTests.Inputs(style, 1), b = PruningTests.Inputs(style, 2);
        TensorData[][] data = [[TensorData.Of(a.shape, a.data<float>().ToArray())], [TensorData.Of(b.shape, b.data<float>().ToArray())]];
        using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, data, 48);
        return PriceMeter.Measure(
            model, graph, PruningTests.Find(model).Sites, batches,
            new PriceSettings { Output = model.Graph.Outputs[0], Observation = observation, Source = source, Draws = draws, Seed = seed }, TestContext.Current.CancellationToken);
    }
}
