using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using UnitGate = PruneTasks.Torch.Building.UnitGate;

namespace PruneTasks.Torch.Tests.Building;

public sealed class StepBuilderTests
{
    private const int Samples = 24;

    [Fact]
    public void One_step_without_a_buffer_is_the_sequential_build_to_the_last_bit()
    {
        using Case one = new();
        BuildResult sequential = new SequentialBuilder(one.Model, one.Graph, one.Shapes, new BuildSettings()).Build(one.Plan, one.Calibration, TestContext.Current.CancellationToken);
        SteppedBuild stepped = one.Build(new StepSettings(1, 0), new StepSupport());
        Assert.True(stepped.Complete);
        Assert.Equal(sequential.Sites.Select(s => s.Removal.Site.Name).Order(), stepped.Build.Sites.Select(s => s.Removal.Site.Name).Order());
        foreach (SiteOutcome site in sequential.Sites)
            Assert.Equal(site.Removal.Kept, stepped.Build.Sites.Single(s => s.Removal.Site == site.Removal.Site).Removal.Kept);
        Assert.Equal(Bytes(sequential), Bytes(stepped.Build));
    }

    [Theory]
    [InlineData(TransformerStyle.Split, 3, 0)]
    [InlineData(TransformerStyle.Split, 3, 0.25)]
    [InlineData(TransformerStyle.PackedGather, 2, 1)]
    [InlineData(TransformerStyle.PackedSplit, 4, 0.5)]
    [InlineData(TransformerStyle.Split, 3, 0.5, DoubtfulAttention.GroupedRotary)]
    public void Steps_end_at_the_plan_and_the_removed_graph_computes_what_the_masked_one_does(TransformerStyle style, int steps, double capacity, DoubtfulAttention? doubt = null)
    {
        using Case one = new(style, doubt);
        using HoldOutProbe holdOut = one.HoldOut();
        SteppedBuild stepped = one.Build(new StepSettings(steps, capacity), new StepSupport { HoldOut = holdOut });
        Assert.True(stepped.Complete);
        Assert.Equal(one.Plan.Sites.Select(s => s.Keep), stepped.Plan.Sites.Select(s => s.Keep));
        Assert.All(stepped.Build.Sites, s => Assert.Equal(one.Plan.Sites.Single(p => p.Site == s.Removal.Site).Keep, s.Removal.Kept.Count));
        Assert.Equal(steps, stepped.Outcomes.Count);
        Assert.Equal(one.Plan.Sites.Sum(s => s.Remove), stepped.Outcomes.Sum(o => o.Committed));
        Assert.Equal(capacity > 0, stepped.Outcomes.Sum(o => o.Restored) > 0);
        Assert.All(stepped.Outcomes.Skip(1).Zip(stepped.Outcomes), p => Assert.True(p.First.Left.Macs < p.Second.Left.Macs));

        foreach ((Value weight, TensorData data) in stepped.Build.Weights) one.Model.Graph.SetInitializer(weight, data);
        IReadOnlyList<TensorData> inputs = PruningRun.Inputs(one.Model, 3, Samples);
        float[] masked = PruningRun.Run(one.Model, inputs);
        PhysicalRemoval.Apply(one.Model, [.. stepped.Build.Sites.Select(s => s.Removal)], ShapeInvariants.Find(one.Model));
        float[] removed = PruningRun.Run(OnnxReader.Load(OnnxWriter.ToBytes(one.Model)), inputs);
        Assert.True(masked.Zip(removed).Max(p => Math.Abs(p.First - p.Second)) < 1e-4 * Math.Max(1, masked.Max(Math.Abs)));
    }

    [Fact]
    public void A_build_that_is_stopped_after_each_step_ends_at_the_same_bits()
    {
        using Case one = new();
        using HoldOutProbe holdOut = one.HoldOut();
        Memory whole = new(), pieces = new();
        SteppedBuild uninterrupted = one.Build(new StepSettings(4, 0.25), new StepSupport { HoldOut = holdOut, Store = whole });
        SteppedBuild? resumed = null;
        for (int attempt = 0; resumed is null; attempt++)
        {
            using CancellationTokenSource stop = new();
            // The line of the second step comes after the first was saved.
            int lines = 0;
            try
            {
                resumed = one.Build(new StepSettings(4, 0.25), new StepSupport { HoldOut = holdOut, Store = pieces, Log = _ => { if (++lines == 1) stop.Cancel(); } }, stop.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.InRange(attempt, 0, 3);
            }
        }
        Assert.True(pieces.Loads >= 4);
        Assert.Equal(Bytes(uninterrupted.Build), Bytes(resumed.Build));
        Assert.Equal(uninterrupted.Outcomes.Select(o => (o.Committed, o.Restored, o.Verdict.Loss!.Mean)), resumed.Outcomes.Select(o => (o.Committed, o.Restored, o.Verdict.Loss!.Mean)));
    }

    [Fact]
    public void A_limit_out_of_reach_rolls_back_halves_twice_and_delivers_the_last_accepted_step()
    {
        using Case one = new();
        using HoldOutProbe holdOut = one.HoldOut();
        SteppedBuild free = one.Build(new StepSettings(4, 0.25), new StepSupport { HoldOut = holdOut });
        double end = free.Outcomes[^1].Verdict.Loss!.Mean;
        SteppedBuild bound = one.Build(new StepSettings(4, 0.25) { Limits = new StepLimits(0.7 * end, null, false) }, new StepSupport { HoldOut = holdOut });
        Assert.False(bound.Complete);
        Assert.Equal(3, bound.Outcomes.Count(o => !o.Verdict.Accepted));
        Assert.Equal(2, bound.Outcomes.Count(o => o.Frozen is not null));
        Assert.True(bound.Plan.Pruned.Macs > one.Plan.Pruned.Macs);
        // What is delivered is a state that was accepted.
        StepOutcome? last = bound.Outcomes.LastOrDefault(o => o.Verdict.Accepted);
        Assert.Equal(last?.Left ?? one.Plan.Dense, bound.Plan.Pruned);
        Assert.All(bound.Outcomes.Where(o => o.Verdict.Accepted), o => Assert.True(o.Verdict.Loss!.Mean <= 0.7 * end * o.Share));
    }

    [Fact]
    public void A_limit_that_nothing_meets_leaves_the_model_dense()
    {
        using Case one = new();
        using HoldOutProbe holdOut = one.HoldOut();
        SteppedBuild none = one.Build(new StepSettings(2, 0) { Limits = new StepLimits(1e-12, null, false) }, new StepSupport { HoldOut = holdOut });
        Assert.False(none.Complete);
        Assert.Empty(none.Build.Sites);
        Assert.Empty(none.Build.Weights);
        Assert.All(none.Plan.Sites, s => Assert.Equal(0, s.Remove));
    }

    [Fact]
    public void Training_runs_on_all_accepted_steps_but_the_last_and_later_ones_start_from_it()
    {
        using Case one = new();
        Value weight = one.Plan.Sites.Select(s => s.Site).OfType<FfnSite>().Last().Producers[0].Bias!;
        List<(int Step, int Removed)> calls = [];
        SteppedBuild stepped = one.Build(new StepSettings(3, 0.25), new StepSupport
        {
            Training = (network, removals, step, _) =>
            {
                calls.Add((step, removals.Sum(r => r.Site.Units - r.Kept.Count)));
                using TorchSharp.torch.Tensor moved = TorchSharp.torch.ones_like(network.Weight(weight));
                network.SetWeight(weight, moved);
            },
        });
        Assert.Equal([1, 2], calls.Select(c => c.Step));
        Assert.InRange(calls[0].Removed, 1, calls[1].Removed - 1);
        Assert.InRange(calls[1].Removed, 1, one.Plan.Sites.Sum(s => s.Remove) - 1);
        // No refit touches it, so it stays as trained.
        Assert.All(stepped.Build.Weights[weight].ToFloats(), v => Assert.Equal(1f, v));
    }

    [Fact]
    public void An_opened_gate_gives_back_the_very_weights()
    {
        using Case one = new();
        HeadProjection query = one.Plan.Sites.Select(s => s.Site).OfType<QueryKeySite>().First().Query;
        FfnSite ffn = one.Plan.Sites.Select(s => s.Site).OfType<FfnSite>().First();
        using LoweredGraph network = one.Graph.Fork();
        UnitGate gate = new(
            [new GatedRows(ffn.Consumers[0], unit => [unit], [.. Enumerable.Repeat(0.0, ffn.Units)])],
            [new GatedColumns(query.Layer, unit => query.Columns.Select(h => h[unit]))], []);
        gate.Scale(network, [0, 2], StepSettings.Gate);
        Assert.NotEmpty(network.ChangedFrom(one.Graph));
        gate.Scale(network, [0, 2], 1 / StepSettings.Gate);
        Assert.Empty(network.ChangedFrom(one.Graph));
    }

    private static byte[] Bytes(BuildResult build) => [.. build.Weights.OrderBy(w => w.Key.Name, StringComparer.Ordinal).SelectMany(w => w.Value.Bytes.ToArray())];

    private sealed class Case : IDisposable
    {
        public Case(TransformerStyle style = TransformerStyle.Split, DoubtfulAttention? doubt = null)
        {
            Model = PruningTests.Prepared(TransformerGraph.Create(new TransformerForm(style), doubt: doubt));
            Graph = LoweredGraph.Create(Model);
            InferredShapes shapes = Shapes, one = ShapeInference.Run(Model, PruningTests.OneSample(style));
            PruneSite[] sites = [.. UnitFinder.Find(Model, shapes).Sites.Where(s => s is not ScoreGroupSite)];
            ModelCost cost = CostModel.Of(Model, one);
            Plan = UniformPlanner.ByRatios(
                [.. sites.Select(s => (s, SiteCosts.Of(s, one)))], new Cost(cost.Total.Macs, cost.Total.Parameters, 0),
                new Dictionary<UnitKind, double> { [UnitKind.Ffn] = 0.6, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 }, SharedLayers.Of(sites, one));
            Calibration = Batches(1, 2);
        }

        public OnnxModel Model { get; }

        public LoweredGraph Graph { get; }

        public InferredShapes Shapes => ShapeInference.Run(Model, ShapeBinding.Default());

        public PrunePlan Plan { get; }

        public CalibrationBatches Calibration { get; }

        public HoldOutProbe HoldOut() => new(Graph, Batches(11, 12), Model.Graph.Outputs[0], Observation.Divergence);

        public SteppedBuild Build(StepSettings settings, StepSupport support, CancellationToken? cancellation = null) =>
            new StepBuilder(Model, Graph, Shapes, new BuildSettings(), settings).Build(Plan, Calibration, support, cancellation ?? TestContext.Current.CancellationToken);

        public void Dispose()
        {
            Calibration.Dispose();
            Graph.Dispose();
        }

        private CalibrationBatches Batches(params int[] seeds) =>
            CalibrationBatches.Create(Model.Graph, [.. seeds.Select(seed => PruningRun.Inputs(Model, seed, Samples))], seeds.Length * Samples);
    }

    private sealed class Memory : IStepStore
    {
        private StepCheckpoint? _kept;

        public int Loads { get; private set; }

        public StepCheckpoint? Load(Graph graph, PrunePlan plan)
        {
            Loads++;
            return _kept;
        }

        public void Save(StepCheckpoint checkpoint) => _kept = checkpoint;
    }
}
