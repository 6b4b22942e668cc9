using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Baselines;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Tests.Building;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Baselines;

/// <summary>Methods to compare with, from a graph to the graph with units removed.</summary>
public sealed class BaselineTests
{
    private static readonly Dictionary<UnitKind, double> s_half = new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 };

    public static TheoryData<string, TransformerStyle> MethodsAndStyles() => [.. BaselineMethod.All.SelectMany(m =>
        new[] { TransformerStyle.SplitNoBias, TransformerStyle.PackedSeqFirst }.Select(style => (m.Name, style)))];

    [Theory]
    [MemberData(nameof(MethodsAndStyles))]
    public void What_is_removed_computes_what_the_masked_graph_does(string method, TransformerStyle style)
    {
        OnnxModel model = PruningTests.Prepared(style);
        using Tensor inputs = PruningTests.Inputs(style, 3);
        BuildResult build = Build(model, method, s_half);
        Assert.Equal(6, build.Sites.Count);
        Assert.All(build.Sites, s => Assert.InRange(s.RelativeError, 0, 2));
        float[] masked = PruningTests.Run(model, inputs);
        PhysicalRemoval.Apply(model, [.. build.Sites.Select(s => s.Removal)], ShapeInvariants.Find(model));
        float[] removed = PruningTests.Run(OnnxReader.Load(OnnxWriter.ToBytes(model)), inputs);
        Assert.InRange(masked.Zip(removed).Max(p => Math.Abs(p.First - p.Second)), 0, 1e-4 * Math.Max(1, masked.Max(Math.Abs)));
    }

    public static TheoryData<string> Methods() => [.. BaselineMethod.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Heads_that_share_values_lose_the_same_dimensions(string method)
    {
        OnnxModel model = PruningTests.Prepared(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: DoubtfulAttention.GroupedRotary));
        using Tensor inputs = PruningTests.Inputs(TransformerStyle.Split, 3);
        float[] dense = PruningTests.Run(model, inputs);
        BuildResult build = Build(model, method, new() { [UnitKind.ValueOutput] = 0.3 });
        Assert.Equal(2, build.Sites.Count);
        float[] masked = PruningTests.Run(model, inputs);
        PhysicalRemoval.Apply(model, [.. build.Sites.Select(s => s.Removal)], ShapeInvariants.Find(model));
        float[] removed = PruningTests.Run(OnnxReader.Load(OnnxWriter.ToBytes(model)), inputs);
        Assert.InRange(masked.Zip(removed).Max(p => Math.Abs(p.First - p.Second)), 0, 1e-4 * Math.Max(1, masked.Max(Math.Abs)));
        Assert.InRange(dense.Zip(removed).Max(p => Math.Abs(p.First - p.Second)), 1e-4, dense.Max(Math.Abs));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("magnitude")]
    public void Plain_removal_is_the_model_with_the_weights_of_what_goes_set_to_zero(string method)
    {
        OnnxModel pruned = PruningTests.Prepared(TransformerStyle.PackedSplit), zeroed = PruningTests.Prepared(TransformerStyle.PackedSplit);
        using Tensor inputs = PruningTests.Inputs(TransformerStyle.PackedSplit, 3);
        BuildResult build = Build(pruned, method, new() { [UnitKind.Ffn] = 0.5 });
        foreach ((FfnSite site, SiteOutcome outcome) in PruningTests.Find(zeroed).Sites.OfType<FfnSite>().Zip(build.Sites))
        {
            LinearView consumer = Assert.Single(site.Consumers);
            float[] weight = consumer.Weight.Constant!.ToFloats();
            int width = consumer.OutFeatures, height = consumer.InFeatures;
            for (int i = 0; i < weight.Length; i++)
                if (!outcome.Removal.Kept.Contains(consumer.InAxis == 0 ? i / width : i % height)) weight[i] = 0;
            zeroed.Graph.SetInitializer(consumer.Weight, TensorData.FromFloats(ElementType.Float32, consumer.Weight.Constant.Shape, weight));
        }
        float[] expected = PruningTests.Run(zeroed, inputs), actual = PruningTests.Run(pruned, inputs);
        Assert.InRange(expected.Zip(actual).Max(p => Math.Abs(p.First - p.Second)), 0, 1e-5 * Math.Max(1, expected.Max(Math.Abs)));
    }

    [Fact]
    public void A_seed_decides_what_random_removes()
    {
        IReadOnlyList<int> Kept(int seed) => Build(PruningTests.Prepared(TransformerStyle.Split), "random", new() { [UnitKind.Ffn] = 0.5 }, seed).Sites[0].Removal.Kept;
        Assert.Equal(Kept(1), Kept(1));
        Assert.NotEqual(Kept(1), Kept(2));
    }

    [Fact]
    public void Cuts_of_one_kind_leave_the_weights_of_the_others_alone()
    {
        OnnxModel model = PruningTests.Prepared(TransformerStyle.Split);
        BuildResult build = Build(model, "corp", new() { [UnitKind.QueryKey] = 0.5 });
        Value[] changed = [.. PruningTests.Find(model).Sites.OfType<QueryKeySite>().SelectMany(s => new[] { s.Query.Layer, s.Key.Layer })
            .SelectMany(l => l.Bias is { } bias ? new[] { l.Weight, bias } : [l.Weight])];
        Assert.Equal(changed.Select(v => v.Name).Order(), build.Weights.Keys.Select(v => v.Name).Order());
    }

    private static BuildResult Build(OnnxModel model, string method, Dictionary<UnitKind, double> ratios, int seed = 42)
    {
        TransformerStyle style = model.Graph.Inputs[0].DeclaredShape![0].Size is null ? TransformerStyle.Split : TransformerStyle.PackedSeqFirst;
        InferredShapes one = ShapeInference.Run(model, PruningTests.OneSample(style));
        ModelCost cost = CostModel.Of(model, one);
        IReadOnlyList<PruneSite> sites = PruningTests.Find(model).Sites;
        PrunePlan plan = UniformPlanner.ByRatios([.. sites.Select(s => (s, SiteCosts.Of(s, one)))], new Cost(cost.Total.Macs, cost.Total.Parameters, 0), ratios);
        using LoweredGraph graph = LoweredGraph.Create(model);
        using Tensor a = PruningTests.Inputs(style, 1), b = PruningTests.Inputs(style, 2);
        using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, [[Data(a)], [Data(b)]], 48);
        BuildResult build = new BaselineBuilder(model, graph, BaselineMethod.Find(method)!, seed).Build(plan, batches, TestContext.Current.CancellationToken);
        foreach ((Value weight, TensorData data) in build.Weights) model.Graph.SetInitializer(weight, data);
        return build;
    }

    private static TensorData Data(Tensor tensor) => TensorData.Of(tensor.shape, tensor.data<float>().ToArray());
}
