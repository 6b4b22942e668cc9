using PruneTasks.Onnx;

namespace PruneTasks.Pruning.Tests;

public sealed class LayersInAChainTests
{
    [Theory]
    [InlineData(0.7, false)]
    [InlineData(0.5, false)]
    [InlineData(0.3, false)]
    [InlineData(0.7, true)]
    [InlineData(0.5, true)]
    [InlineData(0.3, true)]
    public void The_cost_of_a_plan_is_that_of_the_pruned_file_also_for_layers_in_a_chain(double budget, bool priced)
    {
        OnnxModel model = Chain(40, 64, 48, 32, 10);
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default(1));
        PruneSite[] sites = [.. UnitFinder.Find(model, shapes).Sites];
        Assert.Equal([64, 48, 32], sites.Select(s => s.Units));
        Cost dense = CostModel.OfOneSample(model).Total;
        BudgetBounds bounds = new(budget, null, null);
        IReadOnlyList<SharedLayer> shared = SharedLayers.Of(sites, shapes);
        (PrunePlan plan, bool met) = priced
            ? PricedPlanner.ByBudget([.. sites.Select(s => new PricedSite(s, SiteCosts.Of(s, shapes), Curve(s.Units)))], dense, bounds, 1, shared)
            : UniformPlanner.ByBudget([.. sites.Select(s => (s, SiteCosts.Of(s, shapes)))], dense, bounds, 1, shared);
        Assert.True(met);

        PhysicalRemoval.Apply(model, [.. plan.Sites.Select(s => new SiteRemoval(s.Site, [.. Enumerable.Range(0, s.Keep)]))], ShapeInvariants.Find(model));
        Cost pruned = CostModel.OfOneSample(OnnxReader.Load(OnnxWriter.ToBytes(model))).Total;
        Assert.Equal((pruned.Macs, pruned.Parameters), (plan.Pruned.Macs, plan.Pruned.Parameters));
        Assert.InRange((double)pruned.Macs / dense.Macs, budget - 0.05, budget);
    }

    private static PriceCurve Curve(int units) => new([.. Enumerable.Range(0, units + 1).Select(keep => Math.Pow(1 - ((double)keep / units), 2))]);

    /// <summary>MatMul, Add, Relu for each width, without a Relu at the end.</summary>
    private static OnnxModel Chain(params int[] widths)
    {
        var graph = new Graph("chain");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(widths[0], null)]);
        for (int i = 1; i < widths.Length; i++)
        {
            Value w = graph.AddInitializer($"w{i}", TensorData.Of([widths[i - 1], widths[i]], new float[widths[i - 1] * widths[i]]));
            Value b = graph.AddInitializer($"b{i}", TensorData.Of([widths[i]], new float[widths[i]]));
            Value product = graph.AddNode("MatMul", [x, w], $"product{i}").Outputs[0];
            x = graph.AddNode("Add", [product, b], $"sum{i}").Outputs[0];
            if (i < widths.Length - 1) x = graph.AddNode("Relu", [x], $"relu{i}").Outputs[0];
        }
        graph.AddOutput(x, ElementType.Float32, [new(null, "batch"), new(widths[^1], null)]);
        return OnnxModel.Create(graph, 13, 7, "tests");
    }
}
