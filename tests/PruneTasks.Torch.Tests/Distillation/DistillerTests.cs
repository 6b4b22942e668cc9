using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Distillation;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Torch.Tests.Building;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Distillation;

/// <summary>Half of a small network removed, then trained.</summary>
public sealed class DistillerTests
{
    private static readonly Dictionary<UnitKind, double> Half = new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 };

    [Theory]
    [InlineData(TransformerStyle.Split, Observation.Divergence)]
    [InlineData(TransformerStyle.PackedSeqFirst, Observation.Divergence)]
    [InlineData(TransformerStyle.SplitNoBias, Observation.SquaredError)]
    public void Training_lowers_the_loss_and_removed_units_stay_removed(TransformerStyle style, Observation observation)
    {
        (OnnxModel model, BuildResult before, BuildResult after, DistillOutcome outcome) = Run(style, observation, steps: 40);
        Assert.True(outcome.LossAfter < 0.9 * outcome.LossBefore, $"{outcome.LossBefore} → {outcome.LossAfter}");
        Assert.Equal(40, outcome.Steps);
        Assert.NotEmpty(outcome.Changed);
        foreach (FfnSite site in before.Sites.Select(s => s.Removal.Site).OfType<FfnSite>())
        {
            LinearView layer = site.Consumers[0];
            float[] old = before.Weights[layer.Weight].ToFloats(), now = after.Weights[layer.Weight].ToFloats();
            Assert.True(old.Count(x => x == 0) >= old.Length / 2);
            Assert.All(old.Zip(now), pair => Assert.Equal(pair.First == 0, pair.Second == 0));
            Assert.Contains(old.Zip(now), pair => pair.First != pair.Second);
        }

        // The masked network and the one with the units removed are one function, trained vectors included.
        using Tensor inputs = PruningTests.Inputs(style, 7);
        foreach ((Value weight, TensorData data) in after.Weights) model.Graph.SetInitializer(weight, data);
        float[] masked = PruningTests.Run(model, inputs);
        PhysicalRemoval.Apply(model, [.. after.Sites.Select(s => s.Removal)], ShapeInvariants.Find(model));
        float[] removed = PruningTests.Run(OnnxReader.Load(OnnxWriter.ToBytes(model)), inputs);
        Assert.True(masked.Zip(removed).Max(p => Math.Abs(p.First - p.Second)) < 1e-4 * Math.Max(1, masked.Max(Math.Abs)));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        (_, _, BuildResult first, _) = Run(TransformerStyle.PackedGather, Observation.Divergence, steps: 6);
        (_, _, BuildResult second, _) = Run(TransformerStyle.PackedGather, Observation.Divergence, steps: 6);
        (_, _, BuildResult other, _) = Run(TransformerStyle.PackedGather, Observation.Divergence, steps: 6, seed: 5);
        Assert.Equal(Bytes(first), Bytes(second));
        Assert.NotEqual(Bytes(first), Bytes(other));

        static byte[][] Bytes(BuildResult build) => [.. build.Weights.OrderBy(w => w.Key.Name, StringComparer.Ordinal).Select(w => w.Value.Bytes.ToArray())];
    }

    [Fact]
    public void Held_out_samples_that_get_worse_bring_the_old_weights_back()
    {
        // A rate at which training can only destroy.
        (_, BuildResult before, BuildResult after, DistillOutcome outcome) = Run(TransformerStyle.Split, Observation.Divergence, steps: 10, rate: 1, holdOut: 8);
        Assert.Empty(outcome.Changed);
        Assert.Contains(outcome.Remarks, remark => remark.Contains("held-out samples got worse", StringComparison.Ordinal));
        Assert.Equal(outcome.HoldOutBefore, outcome.HoldOutAfter);
        Assert.Equal(before.Weights.Select(w => w.Value), after.Weights.Select(w => w.Value));
    }

    [Fact]
    public void Few_held_out_samples_are_told_and_have_no_veto()
    {
        (_, _, _, DistillOutcome outcome) = Run(TransformerStyle.Split, Observation.Divergence, steps: 10, holdOut: 1);
        Assert.Equal((10, 24), (outcome.Steps, outcome.HoldOutSamples));
        Assert.NotEmpty(outcome.Changed);
        Assert.NotEqual(outcome.HoldOutBefore, outcome.HoldOutAfter);
    }

    [Fact]
    public void A_loss_that_rises_on_the_fit_samples_brings_the_old_weights_back()
    {
        (_, BuildResult before, BuildResult after, DistillOutcome outcome) = Run(TransformerStyle.Split, Observation.Divergence, steps: 10, rate: 1);
        Assert.Empty(outcome.Changed);
        Assert.Equal(outcome.LossBefore, outcome.LossAfter);
        Assert.Contains(outcome.Remarks, remark => remark.Contains("fit samples went from", StringComparison.Ordinal));
        Assert.Equal(before.Weights.Select(w => w.Value), after.Weights.Select(w => w.Value));
    }

    [Fact]
    public void Cancelling_leaves_the_weights_as_they_were()
    {
        OnnxModel model = PruningTests.Prepared(TransformerStyle.Split);
        (PrunePlan plan, _) = PruningTests.Build(model, Half);
        using LoweredGraph dense = LoweredGraph.Create(model), network = dense.Fork();
        using CalibrationBatches fit = Batches(model, TransformerStyle.Split, 1, 2);
        Value weight = plan.Sites.Select(s => s.Site).OfType<FfnSite>().First().Consumers[0].Weight;
        float[] before = Content(network, weight);
        Distiller distiller = new(dense, fit, null, new DistillOptions { Steps = 5, Observation = Observation.Divergence });
        Assert.Throws<OperationCanceledException>(() => distiller.Train(network, [.. plan.Sites.Select(s => s.Site)], new CancellationToken(canceled: true)));
        Assert.Equal(before, Content(network, weight));
        using Tensor left = network.Weight(weight);
        Assert.False(left.requires_grad);
    }

    private static float[] Content(LoweredGraph network, Value weight)
    {
        using Tensor content = network.Weight(weight);
        return content.data<float>().ToArray();
    }

    private static (OnnxModel Model, BuildResult Before, BuildResult After, DistillOutcome Outcome) Run(
        TransformerStyle style, Observation observation, int steps, int seed = 42, double rate = 3e-3, int holdOut = 0)
    {
        OnnxModel model = PruningTests.Prepared(style);
        (_, BuildResult before) = PruningTests.Build(model, Half);
        using LoweredGraph dense = LoweredGraph.Create(model);
        using CalibrationBatches fit = Batches(model, style, 1, 2);
        using CalibrationBatches held = Batches(model, style, [.. Enumerable.Range(10, Math.Max(1, holdOut))]);
        Distiller distiller = new(dense, fit, holdOut > 0 ? held : null, new DistillOptions { Steps = steps, Observation = observation, Seed = seed, Rate = rate });
        (BuildResult after, DistillOutcome outcome) = DistilledBuild.Refine(before, dense, distiller, TestContext.Current.CancellationToken);
        return (model, before, after, outcome);
    }

    private static CalibrationBatches Batches(OnnxModel model, TransformerStyle style, params int[] seeds) => CalibrationBatches.Create(model.Graph, seeds.Select(seed =>
    {
        using Tensor inputs = PruningTests.Inputs(style, seed);
        return new CalibrationBatch([TensorData.Of(inputs.shape, inputs.data<float>().ToArray())], 24);
    }));
}
