using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Torch.Tests.Building;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Pricing;

public sealed class WatchedOutputsTests
{
    [Fact]
    public void Outputs_of_different_shapes_and_scales_count_the_same()
    {
        using var off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        ChannelGraph g = new();
        Value small = g.Conv(g.X, 3, 2, 3, 1), pooled = g.Node("GlobalAveragePool", g.Conv(g.X, 3, 5, 1));
        Value large = g.Node("Mul", small, g.Graph.AddInitializer("k", TensorData.Of([1], 1000f)));
        g.Output(large);
        g.Output(pooled);
        g.Graph.AddOutput(g.Graph.AddNode("ArgMax", [small], "index").Outputs[0], ElementType.Int64, null);
        OnnxModel model = g.Model();
        using LoweredGraph dense = LoweredGraph.Create(model);
        using CalibrationBatches batches = ChannelBuildTests.Batches(model, 1);
        WatchedOutputs watched = WatchedOutputs.Of(dense, Observation.SquaredError, batches);
        Assert.Equal([large, pooled], watched.Values);
        Tensor a = watched.Read(values => dense.Run(batches.Batches[0], values));
        Assert.Equal(48, a.shape[0]);
        Assert.Equal(0, Observations.Of(Observation.SquaredError, a, a));
        // An error of a tenth of each output's own deviation, in one output or the other.
        double[] errors = [.. watched.Values.Select(off => Observations.Of(Observation.SquaredError, a, watched.Read(values => [.. dense.Run(batches.Batches[0], values).Select((o, i) =>
            values[i] == off ? o + (0.1 * (o - o.mean()).square().mean().sqrt()) : o)])))];
        Assert.All(errors, e => Assert.Equal(0.005, e, 1e-4));
    }

    [Fact]
    public void A_classifier_is_judged_by_its_first_output_and_integers_by_agreement()
    {
        using DisposeScope scope = NewDisposeScope();
        ChannelGraph g = new();
        Value y = g.Conv(g.X, 3, 2, 3, 1);
        g.Output(y);
        g.Output(g.Node("Relu", y));
        OnnxModel model = g.Model();
        using LoweredGraph dense = LoweredGraph.Create(model);
        using CalibrationBatches batches = ChannelBuildTests.Batches(model, 1);
        Assert.Equal([y], WatchedOutputs.Of(dense, Observation.Divergence, batches).Values);
        Assert.Equal(0.25, Observations.Of(Observation.SquaredError, tensor(new long[] { 1, 2, 3, 4 }), tensor(new long[] { 1, 2, 3, 5 })));
        Assert.Equal(1, Observations.Of(Observation.Divergence, zeros(3, 4), zeros(2, 4)));
    }

    [Fact]
    public void Scores_along_channels_of_a_map_of_one_place_are_a_distribution()
    {
        using DisposeScope scope = NewDisposeScope();
        ChannelGraph g = new();
        Value y = g.Node("GlobalAveragePool", g.Conv(g.X, 3, 6, 1));
        g.Output(y);
        using LoweredGraph dense = LoweredGraph.Create(g.Model());
        using CalibrationBatches batches = ChannelBuildTests.Batches(g.Model(), 1);
        Tensor scores = WatchedOutputs.FromValue(y).Read(values => dense.Run(batches.Batches[0], values));
        Assert.Equal([48L, 6L], scores.shape);
        Assert.True(Observations.Of(Observation.Divergence, scores, scores.roll(1, 1)) > 1e-3);
    }
}
