using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Whole groups of query heads with the key and value head that they share.</summary>
public sealed class KeyGroupTests
{
    /// <summary>The ways to write that query heads share a key head, with two groups.</summary>
    public static TheoryData<DoubtfulAttention> SharedHeads =>
        new(DoubtfulAttention.GroupedRotary, DoubtfulAttention.TiledHeads, DoubtfulAttention.GatheredHeads, DoubtfulAttention.BroadcastHeads);

    [Theory]
    [MemberData(nameof(SharedHeads))]
    public void A_group_goes_as_a_whole_and_the_others_compute_as_before(DoubtfulAttention doubt)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        UnitInventory found = KeyGroupFinder.Find(run.Model, run.Inventory.Sites);
        Assert.Empty(found.Refusals);
        Assert.Equal(2, found.Sites.Count);
        Assert.All(found.Sites, s => Assert.Equal(TransformerGraph.SharedHeads, s.Units));
        (double removed, double runtime, long planned, long macs) = run.WithGroups().PruneTo(s => s.Kind == UnitKind.KeyGroup ? 1 : s.Units);
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, macs);
    }

    /// <summary>The product of both, to the entry: what the plan says of groups and dimensions together is what the file has that loses one after the other.</summary>
    [Theory]
    [MemberData(nameof(SharedHeads))]
    public void Groups_and_dimensions_of_the_heads_that_stay_are_counted_once(DoubtfulAttention doubt)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        InferredShapes one = ShapeInference.Run(run.Model, PruningRun.OneSample(run.Model));
        PruneSite[] sites = [.. KeyGroupFinder.Find(run.Model, run.Inventory.Sites).Sites, .. run.Inventory.Sites];
        ModelCost dense = CostModel.Of(run.Model, one);
        PrunePlan plan = new([.. sites.Select(s => new SitePlan(s, SiteCosts.Of(s, one), Keep(s)))], new Cost(dense.Total.Macs, dense.Total.Parameters, 0))
        {
            Shared = [.. SharedLayers.Of(sites, one), .. KeyGroupCosts.Of(sites, one)],
        };
        run.WithGroups().PruneTo(Keep);
        (double removed, double runtime, _, long macs) = new PruningRun(OnnxReader.Load(OnnxWriter.ToBytes(run.Model))).PruneTo(Keep);
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(plan.Pruned.Macs, macs);

        static int Keep(PruneSite site) => site.Kind switch { UnitKind.KeyGroup => 1, UnitKind.QueryKey or UnitKind.ValueOutput => site.Units - 1, _ => site.Units };
    }

    /// <summary>What is built on the model without groups is aimed at the dense network: closer to it than what is aimed at the model without groups.</summary>
    [Fact]
    public void Refits_behind_groups_aim_at_the_dense_network()
    {
        using var off = no_grad();
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: DoubtfulAttention.GroupedRotary));
        OnnxModel denseModel = OnnxReader.Load(OnnxWriter.ToBytes(run.Model));
        run.WithGroups().PruneTo(s => s.Kind == UnitKind.KeyGroup ? 1 : s.Units);
        PruningRun rest = new(OnnxReader.Load(OnnxWriter.ToBytes(run.Model)));
        IReadOnlyList<TensorData> samples = PruningRun.Inputs(rest.Model, 4, 512);
        using LoweredGraph dense = LoweredGraph.Create(denseModel), start = LoweredGraph.Create(rest.Model);
        using CalibrationBatches batches = CalibrationBatches.Create(rest.Model.Graph, [samples], 512);
        Tensor wanted = Answer(dense, denseModel);
        double own = Distance(null), aimed = Distance(dense);
        Assert.True(aimed < 0.95 * own, $"{aimed:g4} {own:g4}");

        double Distance(LoweredGraph? goal)
        {
            PrunePlan plan = new([.. rest.Inventory.Sites.Select(s => new SitePlan(s, default, s.Kind == UnitKind.Ffn ? s.Units / 2 : s.Units))], new Cost(1, 1, 1));
            BuildResult build = new SequentialBuilder(rest.Model, start, ShapeInference.Run(rest.Model, ShapeBinding.Default()), new BuildSettings()) { Goal = goal }.Build(plan, batches, TestContext.Current.CancellationToken);
            using LoweredGraph network = start.Fork();
            foreach ((Value weight, TensorData data) in build.Weights) network.SetWeight(weight, TorchTypes.ToTensor(data));
            return (Answer(network, rest.Model) - wanted).square().mean().item<float>();
        }

        Tensor Answer(LoweredGraph graph, OnnxModel model) =>
            graph.Run(model.Graph.Inputs.Zip(samples).ToDictionary(p => p.First, p => TorchTypes.ToTensor(p.Second)), [model.Graph.Outputs[0]])[0];
    }

    [Theory]
    [InlineData(DoubtfulAttention.MultiQuery)]
    [InlineData(DoubtfulAttention.ExpandedHeads)]
    [InlineData(DoubtfulAttention.Rotary)]
    public void One_group_and_heads_that_share_nothing_are_no_site(DoubtfulAttention doubt)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        UnitInventory found = KeyGroupFinder.Find(run.Model, run.Inventory.Sites);
        Assert.Empty(found.Sites);
        Assert.Empty(found.Refusals);
    }
}
