using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Tests.Pipeline;

public class CalibrationMemoryTests
{
    [Fact]
    public void What_is_still_needed_behind_a_cut_is_counted_where_it_is_most()
    {
        // x [4] stays until the sum; the doubled vector [8] and its square overlap nowhere with more than x.
        Graph graph = new("skip");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(4, null)]);
        Value wide = graph.AddNode("Concat", [x, x], "wide", attributes: new Dictionary<string, AttributeData> { ["axis"] = 1L }).Outputs[0];
        Value square = graph.AddNode("Relu", [wide], "square").Outputs[0];
        Value sum = graph.AddNode("ReduceSum", [square], "sum").Outputs[0];
        graph.AddOutput(graph.AddNode("Add", [x, sum], "y").Outputs[0], ElementType.Float32, [new(null, "n"), new(4, null)]);
        InferredShapes shapes = ShapeInference.Run(OnnxModel.Create(graph, 13, 7, "tests"), ShapeBinding.Exact(new Dictionary<string, IReadOnlyList<long>> { ["x"] = [1, 4] }));
        ActivationMemory memory = ActivationMemory.Of(graph, shapes);
        Assert.Equal(4 * 8, memory.Widest);
        Assert.Equal(4 * (4 + 8), memory.WidestCut);
    }

    [Fact]
    public void Where_there_is_no_room_for_all_samples_both_sources_keep_their_share_and_a_warning_says_so()
    {
        List<PruneDiagnostic> warnings = [];
        PruneJob all = Job(personal: 60, common: 20);
        PruneJob some = CalibrationMemory.Fit(all, new ActivationMemory(WidestCut: 40L << 20, Widest: 30L << 20), warnings);
        Assert.Equal(38, CalibrationMemory.Room(new(40L << 20, 0)));
        Assert.Equal((28, 37), (some.PersonalSamples, some.Calibration.Count));
        Assert.Equal("PRUNE0422", Assert.Single(warnings).Id);
        Assert.Equal(1, CalibrationMemory.BatchSize(new(0, 30L << 20)));
        Assert.Equal(8, CalibrationMemory.BatchSize(new(0, 1L << 20)));
    }

    [Fact]
    public void Where_there_is_room_nothing_changes()
    {
        List<PruneDiagnostic> warnings = [];
        PruneJob job = Job(personal: 60, common: 20);
        Assert.Same(job, CalibrationMemory.Fit(job, new ActivationMemory(1 << 20, 1 << 16), warnings));
        Assert.Empty(warnings);
        Assert.Equal(32, CalibrationMemory.BatchSize(new(1 << 20, 1 << 16)));
    }

    private static PruneJob Job(int personal, int common)
    {
        byte[] bytes = TestModels.Linear([1, 2], 1, 2);
        OnnxModel model = OnnxReader.Load(bytes);
        return new PruneJob
        {
            Spec = PruneSpecReader.Read("version: 1", "a.prune.yaml").Spec!,
            Name = "a",
            ModelPath = "a.onnx",
            ModelBytes = bytes,
            Model = model,
            Calibration = new CalibrationSet(ModelInput.Of(model), [.. Enumerable.Range(0, personal + common).Select(i => new Sample($"{i}", [TensorData.Of([1, 1], (float)i)], null))]),
            PersonalSamples = personal,
        };
    }
}
