using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>From a graph in one of the styles of exporters to the graph with units removed.</summary>
public sealed class PruningTests
{
    private const int Samples = 24;

    [Fact]
    public void A_gated_feed_forward_block_is_one_site_with_two_producers()
    {
        OnnxModel model = TransformerGraph.Create(new TransformerForm(TransformerStyle.Split, FeedForwardForm.Gated));
        FfnSite[] sites = [.. Find(model).Sites.OfType<FfnSite>()];
        Assert.Equal(2, sites.Length);
        Assert.All(sites, s => Assert.Equal(2, s.Producers.Count));
    }

    [Theory]
    [InlineData(TransformerStyle.Split)]
    [InlineData(TransformerStyle.PackedSeqFirst)]
    public void Keeping_all_but_one_unit_hardly_changes_the_output(TransformerStyle style)
    {
        OnnxModel model = Prepared(style);
        using Tensor inputs = Inputs(style, 3);
        float[] dense = Run(model, inputs);
        (_, BuildResult build) = Build(model, new() { [UnitKind.Ffn] = 1.0 / 16 });
        foreach ((Value weight, TensorData data) in build.Weights) model.Graph.SetInitializer(weight, data);
        float[] pruned = Run(model, inputs);
        double scale = dense.Max(Math.Abs);
        Assert.True(dense.Zip(pruned).Max(p => Math.Abs(p.First - p.Second)) < 0.2 * scale);
    }

    [Fact]
    public void Same_input_twice_gives_the_same_bytes()
    {
        byte[] Once()
        {
            OnnxModel model = Prepared(TransformerStyle.PackedGather);
            (_, BuildResult build) = Build(model, new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 });
            foreach ((Value weight, TensorData data) in build.Weights) model.Graph.SetInitializer(weight, data);
            PhysicalRemoval.Apply(model, [.. build.Sites.Select(s => s.Removal)], ShapeInvariants.Find(model));
            return OnnxWriter.ToBytes(model);
        }
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void Prices_are_zero_for_all_units_and_rise_as_fewer_are_kept()
    {
        OnnxModel model = Prepared(TransformerStyle.PackedSplit);
        using LoweredGraph graph = LoweredGraph.Create(model);
        using Tensor a = Inputs(TransformerStyle.PackedSplit, 1), b = Inputs(TransformerStyle.PackedSplit, 2);
        using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, [[Data(a)], [Data(b)]], 2 * Samples);
        IReadOnlyList<PruneSite> sites = Find(model).Sites;
        PriceSettings settings = new() { Output = model.Graph.Outputs[0], Observation = Observation.Divergence };
        SitePrices first = PriceMeter.Measure(model, graph, sites, batches, settings, TestContext.Current.CancellationToken);
        SitePrices second = PriceMeter.Measure(model, graph, sites, batches, settings, TestContext.Current.CancellationToken);
        foreach ((PruneSite site, PriceCurve curve) in sites.Zip(first.Curves))
        {
            Assert.Equal(site.Units + 1, curve.Prices.Count);
            Assert.Equal(0, curve.Prices[site.Units]);
            Assert.All(Enumerable.Range(0, site.Units), keep => Assert.True(curve.Prices[keep] >= curve.Prices[keep + 1]));
            Assert.True(curve.Prices[1] > 0);
        }
        Assert.Equal(first.Curves.SelectMany(c => c.Prices), second.Curves.SelectMany(c => c.Prices));
    }

    internal static OnnxModel Prepared(TransformerStyle style) => Prepared(TransformerGraph.Create(style));

    internal static OnnxModel Prepared(OnnxModel model)
    {
        SitePreparation.Prepare(model);
        SitePreparation.GiveBiases(model.Graph, Find(model));
        return model;
    }

    internal static UnitInventory Find(OnnxModel model) => UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default()));

    internal static (PrunePlan, BuildResult) Build(OnnxModel model, Dictionary<UnitKind, double> ratios)
    {
        TransformerStyle style = model.Graph.Inputs[0].DeclaredShape![0].Size is null ? TransformerStyle.Split : TransformerStyle.PackedSeqFirst;
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default()), one = ShapeInference.Run(model, OneSample(style));
        ModelCost cost = CostModel.Of(model, one);
        IReadOnlyList<PruneSite> sites = UnitFinder.Find(model, shapes).Sites;
        PrunePlan plan = UniformPlanner.ByRatios(
            [.. sites.Select(s => (s, SiteCosts.Of(s, one)))], new Cost(cost.Total.Macs, cost.Total.Parameters, 0), ratios, SharedLayers.Of(sites, one));
        using LoweredGraph graph = LoweredGraph.Create(model);
        Assert.Empty(graph.Refusals);
        using Tensor a = Inputs(style, 1), b = Inputs(style, 2);
        using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, [[Data(a)], [Data(b)]], 2 * Samples);
        return (plan, new SequentialBuilder(model, graph, shapes, new BuildSettings()).Build(plan, batches, TestContext.Current.CancellationToken));
    }

    internal static float[] Run(OnnxModel model, Tensor inputs)
    {
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using LoweredGraph graph = LoweredGraph.Create(model);
        Assert.Empty(graph.Refusals);
        return graph.Run(new Dictionary<Value, Tensor> { [model.Graph.Inputs[0]] = inputs }, [model.Graph.Outputs[0]])[0].data<float>().ToArray();
    }

    internal static ShapeBinding OneSample(TransformerStyle style) => ShapeBinding.Exact(new Dictionary<string, IReadOnlyList<long>> { ["x"] = Shape(style, 1) });

    private static long[] Shape(TransformerStyle style, int samples) => style == TransformerStyle.PackedSeqFirst
        ? [TransformerGraph.Tokens, samples, TransformerGraph.Features]
        : [samples, TransformerGraph.Tokens, TransformerGraph.Features];

    private static TensorData Data(Tensor tensor) => TensorData.Of(tensor.shape, tensor.data<float>().ToArray());

    internal static Tensor Inputs(TransformerStyle style, int seed) => randn(Shape(style, Samples), generator: new Generator((ulong)seed));
}
