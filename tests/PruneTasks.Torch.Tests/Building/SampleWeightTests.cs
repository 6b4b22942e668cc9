using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;

namespace PruneTasks.Torch.Tests.Building;

public sealed class SampleWeightTests
{
    private const int Samples = 16;

    [Fact]
    public void Effective_samples_are_those_of_Kish()
    {
        OnnxModel model = TransformerGraph.Create(TransformerStyle.Split);
        using CalibrationBatches equal = Batches(model, (1, 1), (2, 1)), doubled = Batches(model, (1, 3), (2, 3)), unlike = Batches(model, (1, 1), (2, 2), (3, 0));
        Assert.Equal(2 * Samples, equal.EffectiveSamples());
        Assert.Equal(Samples, equal.EffectiveSamples(1));
        Assert.Equal(2 * Samples, doubled.EffectiveSamples());
        Assert.Equal(Samples * 9.0 / 5, unlike.EffectiveSamples(), 1e-9);
        using CalibrationBatches views = CalibrationBatches.Create(
            model.Graph, Enumerable.Range(0, 3).Select(i => new CalibrationBatch(PruningRun.Inputs(model, i, Samples), Samples, 1, i == 0 ? 0 : i == 1 ? 6 : Samples)));
        Assert.Equal((2 * Samples) - 6, views.EffectiveSamples());
    }

    [Fact]
    public void Weight_two_counts_as_the_batch_twice_and_weight_zero_as_none()
    {
        IReadOnlyDictionary<string, float[]> weighted = Build((1, 1), (2, 2), (3, 0)), repeated = Build((1, 1), (2, 1), (2, 1)), plain = Build((1, 1), (2, 1));
        Assert.Equal(repeated.Keys.Order(), weighted.Keys.Order());
        foreach ((string name, float[] values) in weighted)
        {
            double scale = values.Max(Math.Abs);
            Assert.True(values.Zip(repeated[name]).Max(p => Math.Abs(p.First - p.Second)) < 1e-3 * scale, name);
        }
        Assert.Contains(weighted, w => w.Value.Zip(plain[w.Key]).Max(p => Math.Abs(p.First - p.Second)) > 1e-2 * w.Value.Max(Math.Abs));
    }

    private static CalibrationBatches Batches(OnnxModel model, params (int Seed, double Weight)[] batches) =>
        CalibrationBatches.Create(model.Graph, batches.Select(b => new CalibrationBatch(PruningRun.Inputs(model, b.Seed, Samples), Samples, b.Weight)));

    /// <summary>Weights of a build in which the ridge does not depend on the weights of the samples.</summary>
    private static Dictionary<string, float[]> Build(params (int Seed, double Weight)[] batches)
    {
        OnnxModel model = TransformerGraph.Create(TransformerStyle.Split);
        PruningRun run = new(model);
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        ModelCost cost = CostModel.Of(model, shapes);
        PrunePlan plan = UniformPlanner.ByRatios(
            [.. run.Inventory.Sites.Select(s => (s, SiteCosts.Of(s, shapes)))], new Cost(cost.Total.Macs, cost.Total.Parameters, 0),
            new Dictionary<UnitKind, double> { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 });
        using LoweredGraph graph = LoweredGraph.Create(model);
        using CalibrationBatches calibration = Batches(model, batches);
        BuildSettings settings = new() { ResidualRepair = 1, EffectiveRowsPerSample = 100 / calibration.EffectiveSamples() };
        return new SequentialBuilder(model, graph, shapes, settings).Build(plan, calibration, TestContext.Current.CancellationToken)
            .Weights.ToDictionary(w => w.Key.Name, w => w.Value.ToFloats());
    }
}
