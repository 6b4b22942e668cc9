using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

public sealed class ChannelBuildTests
{
    private const int Units = 12;

    public static TheoryData<string> Forms => ["chain", "residual", "concat", "depthwise", "flatten", "pooled", "transposed", "grouped", "two readers", "late reader", "no bias", "shared weight", "shared weight and own biases", "lstm", "gru", "rnn without bias"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Masked_channels_have_no_effect_and_refits_lose_less_than_plain_removal(string form)
    {
        (OnnxModel model, ChannelSite[] sites) = Create(form);
        (BuildResult build, double plain, double built) = Build(model, sites, Units / 2);
        foreach (SiteOutcome outcome in build.Sites)
        {
            ChannelSite site = (ChannelSite)outcome.Removal.Site;
            Assert.Equal(Units / 2, outcome.Removal.Kept.Count);
            foreach (ChannelEnd end in site.Consumers)
            {
                for (int c = 0; c < end.UnitOf.Count; c++)
                    if (end.UnitOf[c] >= 0) Assert.Equal(outcome.Removal.Kept.Contains(end.UnitOf[c]), Along(build.Weights[end.Weight], end.WeightAxis, c).Any(w => w != 0));
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{form}: plain removal {plain:g3}, built {built:g3}"));
        Assert.True(built < 0.85 * plain, FormattableString.Invariant($"plain removal {plain:g3}, built {built:g3}"));
    }

    [Theory]
    [InlineData(2304, 4608)]
    [InlineData(20, 4608)]
    [InlineData(4, 4)]
    public void Every_tier_takes_channels_away_and_cheaper_ones_lose_more(int windows, int channels)
    {
        (OnnxModel model, ChannelSite[] sites) = Create("two readers");
        using var off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using LoweredGraph dense = LoweredGraph.Create(model), changed = dense.Fork();
        using CalibrationBatches batches = Batches(model, 1);
        using ActivationStream stream = new(dense, batches);
        using ChannelCompression compression = new(sites[0], null, new BuildSettings().ContextFor(64, 2, dense), new ChannelLimits(windows, channels));
        Assert.All(compression.Layers, l => Assert.Equal(windows > 1000 ? StatisticsTier.Windows : channels > 1000 && l.Layer.Taps > 1 ? StatisticsTier.Channels : channels > 1000 ? StatisticsTier.Windows : StatisticsTier.Moments, l.Tier));
        compression.Gather(stream, batch => stream.Run(batch, compression.Targets));
        (IReadOnlyList<int> kept, _) = compression.Apply(changed, Units / 2);
        double plain = Distance(model, dense, Plain(dense, sites, [kept])), repaired = Distance(model, dense, changed);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{windows} {channels}: plain removal {plain:g3}, repaired {repaired:g3}"));
        Assert.True(repaired < plain);
        foreach (ConsumerStatistics layer in compression.Layers.Where(l => l.Tier != StatisticsTier.Windows))
        {
            using ActivationStream pruned = new(changed, batches);
            (double before, _) = Seen();
            new OutputMatch(layer.Layer).Apply(pruned, (batch, values) => stream.Run(batch, values));
            (double after, double moved) = Seen();
            Assert.True(after < before && moved < 1e-4);

            (double Error, double Mean) Seen()
            {
                Tensor difference = changed.Run(batches.Batches[0], [layer.Layer.Output])[0] - dense.Run(batches.Batches[0], [layer.Layer.Output])[0];
                Tensor more = changed.Run(batches.Batches[1], [layer.Layer.Output])[0] - dense.Run(batches.Batches[1], [layer.Layer.Output])[0];
                Tensor both = cat([difference, more]);
                return (both.square().mean().item<float>(), both.mean([0L, 2L, 3L]).abs().max().item<float>());
            }
        }
        double[] errors = compression.Errors(dense);
        Assert.Equal(0, errors[Units]);
        Assert.All(Enumerable.Range(0, Units), keep => Assert.True(errors[keep] >= errors[keep + 1]));
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("late reader")]
    public void The_same_threads_give_the_same_bytes(string form)
    {
        byte[][] Once(int threads)
        {
            int before = get_num_threads();
            set_num_threads(threads);
            try
            {
                (OnnxModel model, ChannelSite[] sites) = Create(form);
                return [.. Build(model, sites, 5).Build.Weights.Values.Select(w => w.Bytes.ToArray())];
            }
            finally
            {
                set_num_threads(before);
            }
        }
        // One against two depends on the kernels that libtorch has for the processor: what is promised there is prune.threads (decision 0024).
        Assert.Equal(Once(1), Once(1));
        Assert.Equal(Once(2), Once(2));
    }

    internal static (OnnxModel Model, ChannelSite[] Sites) Create(string form)
    {
        ChannelGraph g = new();
        int[] all = [.. Enumerable.Range(0, Units)], none = [.. Enumerable.Repeat(-1, Units)];
        Value first = g.Conv(g.X, 3, Units, 3, 1), hidden = g.Node("Relu", first);
        g.Makes(first, Units);
        switch (form)
        {
            case "residual":
                Value again = g.Conv(hidden, Units, Units, 3, 1);
                g.Reads(again, 1, all);
                g.Makes(again, Units);
                Value sum = g.Node("Relu", g.Node("Add", again, hidden)), third = g.Conv(sum, Units, 7, 3, 1);
                g.Reads(third, 1, all);
                g.Output(third);
                break;
            case "concat":
                Value other = g.Conv(g.X, 3, Units, 1), joined = g.Graph.AddNode("Concat", [hidden, g.Node("Relu", other)], "j", attributes: new Dictionary<string, AttributeData> { ["axis"] = 1L }).Outputs[0];
                Value read = g.Conv(joined, 2 * Units, 7, 3, 1);
                g.Output(read);
                ChannelEnd a = new(read.Producer!, 1, 1, [.. all, .. none]), b = new(read.Producer!, 1, 1, [.. none, .. all]);
                ChannelEnd from = new(other.Producer!, 1, 0, all);
                ChannelSite site = g.Site(Units);
                return (g.Model(), [site with { Consumers = [a] }, site with { Name = "other", First = other.Producer!, Producers = [from], Consumers = [b] }]);
            case "depthwise":
                Value deep = g.Conv(g.Node("Relu", g.Conv(hidden, Units, Units, 3, 1, group: Units)), Units, 7, 1);
                g.Reads(deep, 1, all);
                g.Output(deep);
                break;
            case "flatten":
                Value flat = g.Linear(g.Node("Flatten", g.Conv(hidden, Units, Units, 3, 0, 3, Units)), Units * 4, 6);
                g.Reads(flat, 1, [.. Enumerable.Range(0, Units * 4).Select(row => row / 4)]);
                g.Output(flat);
                break;
            case "pooled":
                Value pooled = g.Linear(g.Node("Flatten", g.Node("GlobalAveragePool", hidden)), Units, 6);
                g.Reads(pooled, 1, all);
                g.Output(pooled);
                break;
            case "transposed":
                Value up = g.Conv(hidden, Units, 5, 4, 1, 2, op: "ConvTranspose");
                g.Reads(up, 0, all);
                g.Output(up);
                break;
            case "grouped":
                g = new();
                first = g.Conv(g.X, 3, 2 * Units, 3, 1);
                Value grouped = g.Conv(g.Node("Relu", first), 2 * Units, 8, 3, 1, group: 2);
                g.Output(grouped);
                return (g.Model(), [new("halves", Units, [], first.Producer!, [new(first.Producer!, 1, 0, [.. all, .. all])], [new(grouped.Producer!, 1, 1, all)], [])]);
            case "two readers":
            case "late reader":
                Value left = g.Conv(hidden, Units, 6, 3, 1), right = form == "late reader" ? g.Node("Relu", g.Conv(g.Node("Relu", left), 6, 6, 3, 1)) : null!;
                Value late = g.Conv(hidden, Units, 6, 1);
                g.Reads(left, 1, all);
                g.Reads(late, 1, all);
                g.Output(g.Node("Add", right ?? left, late));
                break;
            case "shared weight":
                Value one = g.Conv(hidden, Units, 6, 3, 1), two = g.Graph.AddNode("Conv", [g.Node("Tanh", hidden), one.Producer!.Inputs[1]!], "t", attributes: one.Producer!.Attributes).Outputs[0];
                g.Reads(one, 1, all);
                g.Reads(two, 1, all);
                g.Output(g.Node("Add", one, two));
                break;
            case "shared weight and own biases":
                Value here = g.Conv(hidden, Units, 6, 3, 1), there = g.Graph.AddNode("Conv", [g.Node("Tanh", hidden), here.Producer!.Inputs[1]!, g.Constant([6])], "t", attributes: here.Producer!.Attributes).Outputs[0];
                g.Reads(here, 1, all);
                g.Reads(there, 1, all);
                g.Output(g.Node("Add", here, g.Node("Relu", there)));
                break;
            case "lstm" or "gru" or "rnn without bias":
                int gates = form == "lstm" ? 4 : form == "gru" ? 3 : 1, directions = form == "gru" ? 2 : 1;
                Value rows = g.Graph.AddNode("ReduceMean", [hidden], "r", attributes: new Dictionary<string, AttributeData> { ["axes"] = new long[] { 3 }, ["keepdims"] = 0L }).Outputs[0];
                Value steps = g.Graph.AddNode("Transpose", [rows], "s", attributes: new Dictionary<string, AttributeData> { ["perm"] = new long[] { 2, 0, 1 } }).Outputs[0];
                Value?[] inputs = [steps, g.Constant([directions, gates * 5, Units]), g.Constant([directions, gates * 5, 5]), form == "rnn without bias" ? null : g.Constant([directions, 2 * gates * 5])];
                Value cells = g.Graph.AddNode(form[..3] == "lst" ? "LSTM" : form[..3].ToUpperInvariant(), inputs, "cells", attributes: new Dictionary<string, AttributeData> { ["hidden_size"] = 5L, ["direction"] = directions == 2 ? "bidirectional" : "forward" }).Outputs[0];
                g.Reads(cells, 2, all);
                g.Output(cells);
                break;
            default:
                Value next = g.Conv(hidden, Units, 7, 3, 1, bias: form != "no bias");
                g.Reads(next, 1, all);
                g.Output(next);
                break;
        }
        return (g.Model(), [g.Site(Units)]);
    }

    internal static CalibrationBatches Batches(OnnxModel model, int seed) =>
        CalibrationBatches.Create(model.Graph, [[ChannelGraph.Inputs(seed, 48)], [ChannelGraph.Inputs(seed + 1, 48)]], 96);

    internal static PrunePlan Plan(ChannelSite[] sites, int keep) => new([.. sites.Select(s => new SitePlan(s, new Cost(10, 10, 10), keep))], new Cost(1000, 1000, 1000));

    private static (BuildResult Build, double Plain, double Built) Build(OnnxModel model, ChannelSite[] sites, int keep)
    {
        using var off = no_grad();
        using LoweredGraph dense = LoweredGraph.Create(model), built = dense.Fork();
        Assert.Empty(dense.Refusals);
        using CalibrationBatches batches = Batches(model, 1);
        BuildResult build = new SequentialBuilder(model, dense, ShapeInference.Run(model, ShapeBinding.Default()), new BuildSettings()).Build(Plan(sites, keep), batches, TestContext.Current.CancellationToken);
        foreach ((Value weight, TensorData data) in build.Weights)
        {
            using Tensor content = TorchTypes.ToTensor(data);
            built.SetWeight(weight, content);
        }
        IReadOnlyList<int>[] kept = [.. sites.Select(s => build.Sites.Single(o => o.Removal.Site == s).Removal.Kept)];
        return (build, Distance(model, dense, Plain(dense, sites, kept)), Distance(model, dense, built));
    }

    /// <summary>The same channels, gone without any repair.</summary>
    private static LoweredGraph Plain(LoweredGraph dense, ChannelSite[] sites, IReadOnlyList<int>[] kept)
    {
        LoweredGraph plain = dense.Fork();
        foreach ((ChannelSite site, IReadOnlyList<int> stay) in sites.Zip(kept))
            foreach (ChannelEnd end in site.Consumers) ChannelMask.Clear(plain, end, stay.Contains);
        return plain;
    }

    /// <summary>Relative squared error on samples that were not seen before.</summary>
    private static double Distance(OnnxModel model, LoweredGraph dense, LoweredGraph other)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<Value, Tensor> inputs = new() { [model.Graph.Inputs[0]] = TorchTypes.ToTensor(ChannelGraph.Inputs(77, 32)) };
        Tensor a = dense.Run(inputs, [model.Graph.Outputs[0]])[0], b = other.Run(inputs, [model.Graph.Outputs[0]])[0];
        return ((a - b).square().sum() / (a - a.mean()).square().sum()).item<float>();
    }

    private static IEnumerable<float> Along(TensorData tensor, int axis, int at)
    {
        float[] values = tensor.ToFloats();
        int inner = (int)tensor.Shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b), size = (int)tensor.Shape[axis];
        return values.Where((_, i) => i / inner % size == at);
    }
}
