using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Native;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Native;

[Collection("alone")]
public sealed class ThreadCostTests
{
    private const int Samples = 3;

    [Fact]
    public void Both_numbers_of_threads_are_timed_and_the_process_keeps_its_own()
    {
        int before = get_num_threads();
        ThreadCost cost = Measure(slow: TimeSpan.MaxValue);
        Assert.Equal(before, get_num_threads());
        Assert.Null(cost.NotMeasured);
        Assert.Equal((2, Samples), (cost.Threads, cost.Samples));
        Assert.True(cost is { One: > 0, Several: > 0 });
        Assert.Equal(cost.One / cost.Several, cost.Ratio);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"a forward pass takes {cost.Ratio:0.0#} times as long as with 2 threads"), cost.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_pass_is_not_repeated_and_that_is_said()
    {
        int before = get_num_threads();
        ThreadCost cost = Measure(slow: TimeSpan.Zero);
        Assert.Equal(before, get_num_threads());
        Assert.Null(cost.Ratio);
        Assert.Contains("too long to repeat it", cost.ToString(), StringComparison.Ordinal);
    }

    private static ThreadCost Measure(TimeSpan slow)
    {
        (OnnxModel model, _, _) = Lowering.LoweredGraphTests.Small();
        using LoweredGraph graph = LoweredGraph.Create(model);
        using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, [[TensorData.Of([Samples, 3], new float[Samples * 3])]], Samples);
        return ThreadCost.Measure(graph, batches, model.Graph.Outputs[0], 2, slow);
    }
}
