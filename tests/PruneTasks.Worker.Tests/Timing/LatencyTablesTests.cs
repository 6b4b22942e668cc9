using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Timing;

namespace PruneTasks.Worker.Tests.Timing;

/// <summary>Tables of times, with a timer that counts parameters instead of looking at a clock.</summary>
public sealed class LatencyTablesTests : IDisposable
{
    private const int Width = 32;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sites_of_one_shape_share_a_measurement_and_each_gets_its_part()
    {
        var timer = new CountingTimer();
        (PlanSetup setup, MeasuredLatency latency) = Table(timer);
        Assert.Equal((3, 2), (setup.Sites.Count, timer.Calls));
        Assert.Equal(2, latency.Shapes);
        Assert.False(latency.FromCache);
        Assert.Equal(1, latency.Table.Start);
        // The timer's time is the number of parameters, which the plan counts too.
        foreach ((PruneSite site, Cost cost) in setup.Sites)
            Assert.Equal((double)cost.Parameters * (site.Units - 16) / setup.Dense.Parameters, latency.Table.SavedBy(site, 16), 0.01);
    }

    [Fact]
    public void A_table_is_measured_once_and_then_gives_the_same_plan()
    {
        var timer = new CountingTimer();
        (PlanSetup setup, MeasuredLatency first) = Table(timer);
        int calls = timer.Calls;
        (PlanSetup again, MeasuredLatency second) = Table(timer);
        Assert.True(second.FromCache);
        Assert.Equal(calls, timer.Calls);
        Assert.Equal(Keep(setup, first), Keep(again, second));
        Assert.True(Plan(again, second).LatencyShare <= 0.6);
    }

    [Fact]
    public void A_damaged_table_is_measured_again()
    {
        var timer = new CountingTimer();
        Table(timer);
        foreach (string file in Directory.GetFiles(_folder.File("cache"))) File.WriteAllText(file, "{ \"version\": 1 }");
        (_, MeasuredLatency latency) = Table(timer);
        Assert.False(latency.FromCache);
        Assert.Equal(4, timer.Calls);
    }

    [Fact]
    public void A_table_that_cannot_be_kept_is_used_and_said()
    {
        _folder.Write("file", "");
        (_, MeasuredLatency latency) = Table(new CountingTimer(), _folder.File("file"));
        Assert.Contains("could not be kept", latency.Note, StringComparison.Ordinal);
    }

    private (PlanSetup Setup, MeasuredLatency Latency) Table(IModelTimer timer, string? folder = null)
    {
        OnnxModel dense = Model();
        ShapeBinding oneSample = ShapeBinding.Exact(new Dictionary<string, IReadOnlyList<long>> { ["x"] = [1, 8] });
        PreparedModel model = PreparedModel.From(Model(), oneSample);
        ModelCost cost = CostModel.Of(model.Model, model.OneSample);
        PlanSetup setup = new(
            [.. model.Inventory.Sites.Select(s => (s, SiteCosts.Of(s, model.OneSample)))],
            new Cost(cost.Total.Macs, cost.Total.Parameters, 4 * cost.Total.Parameters), new ModelShare(1), new PlanOptions(8));
        return (setup, LatencyTables.Of(dense, model, oneSample, setup, "1.0", timer, new LatencyCache(folder ?? _folder.File("cache"))));
    }

    private static PrunePlan Plan(PlanSetup setup, MeasuredLatency latency) =>
        UniformPlanner.ByBudget(setup.Sites, setup.Dense, new BudgetBounds(null, null, null) { Latency = 0.6 }, setup.Options with { Latency = latency.Table }).Plan;

    private static int[] Keep(PlanSetup setup, MeasuredLatency latency) => [.. Plan(setup, latency).Sites.Select(s => s.Keep)];

    /// <summary>Three feed-forward blocks with residuals; the last one is wider.</summary>
    private static OnnxModel Model()
    {
        var graph = new Graph("blocks");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(8, null)]);
        foreach ((string name, int width) in new[] { ("a", Width), ("b", Width), ("c", 2 * Width) })
        {
            Value hidden = graph.AddNode("MatMul", [x, graph.AddInitializer(name + "1", Weights(8, width))], name + "_up").Outputs[0];
            Value active = graph.AddNode("Relu", [hidden], name + "_relu").Outputs[0];
            Value branch = graph.AddNode("MatMul", [active, graph.AddInitializer(name + "2", Weights(width, 8))], name + "_down").Outputs[0];
            x = graph.AddNode("Add", [x, branch], name + "_sum").Outputs[0];
        }
        graph.AddOutput(x, ElementType.Float32, [new(null, "batch"), new(8, null)]);
        return OnnxModel.Create(graph, 13, 7, "tests");
    }

    private static TensorData Weights(int rows, int columns) =>
        TensorData.FromFloats(ElementType.Float32, [rows, columns], [.. Enumerable.Range(0, rows * columns).Select(i => (i % 7) - 3f)]);

    /// <summary>Time is the number of parameters.</summary>
    private sealed class CountingTimer : IModelTimer
    {
        public int Calls { get; private set; }

        public IReadOnlyList<double> Measure(IReadOnlyList<ModelImage> models)
        {
            Calls++;
            long[] counts = [.. models.Select(model => model.Load().Graph.Initializers.Sum(v => v.Constant!.Count))];
            return [.. counts.Select(count => (double)count / counts[1])];
        }
    }
}
