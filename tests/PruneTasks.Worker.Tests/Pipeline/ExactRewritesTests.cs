using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Tests.Pipeline;

public class ExactRewritesTests
{
    [Fact]
    public void Each_rewrite_is_checked_by_itself_and_one_that_fails_is_undone()
    {
        PruneJob job = Job(Layered(scaled: false));
        RewriteSession session = new(job, Binding);
        session.Try("first", model => BatchNormFolding.Apply(model) > 0 ? "folded" : null);
        byte[] good = OnnxWriter.ToBytes(session.Finish(null, null).Model);
        session.Try("wrong", model =>
        {
            Value weight = model.Graph.Initializers.First(v => v.Constant!.Count > 2);
            model.Graph.SetInitializer(weight, TensorData.Of(weight.Constant!.Shape, [.. weight.Constant.ToFloats().Select(x => x * 1.1f)]));
            return "made wrong";
        });
        session.Try("nothing", _ => null);
        (OnnxModel model, ExactRewrites? rewrites) = session.Finish(null, null);
        Assert.Equal(["first"], rewrites!.Done.Select(r => r.Kind));
        Assert.Equal("wrong", Assert.Single(rewrites.Undone).Kind);
        Assert.Contains("differs", rewrites.Undone[0].Reason, StringComparison.Ordinal);
        Assert.Equal(good, rewrites.Model!.Bytes);
        Assert.Equal(good, OnnxWriter.ToBytes(model));
        Assert.True(rewrites.After.Parameters < rewrites.Before.Parameters);
        Assert.Equal(rewrites.Before.Macs, rewrites.After.Macs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Constants_and_normalizations_are_folded_unless_the_spec_says_no(bool exact)
    {
        (OnnxModel model, ExactRewrites? rewrites) = ExactRewrites.Apply(Job(Layered(), exact), Binding);
        Assert.Equal(exact ? ["constants", "normalization"] : [], rewrites?.Done.Select(r => r.Kind) ?? []);
        Assert.Equal(exact ? ["MatMul", "Add", "Tanh"] : ["Mul", "MatMul", "BatchNormalization", "Tanh"], model.Graph.Nodes.Select(n => n.OpType));
        if (exact) Assert.All(rewrites!.Done, rewrite => Assert.InRange(rewrite.Difference, 0, 1e-5));
    }

    [Fact]
    public void A_model_without_such_patterns_stays_as_it_is_to_the_byte()
    {
        byte[] plain = TestModels.Linear([1, 2, 3, 4, 5, 6], 3, 2, softmax: true, bias: [1, 2]);
        (OnnxModel model, ExactRewrites? rewrites) = ExactRewrites.Apply(Job(plain), Binding);
        Assert.Null(rewrites);
        Assert.Equal(plain, OnnxWriter.ToBytes(model));
    }

    private static ShapeBinding Binding => ShapeBinding.Exact(new Dictionary<string, IReadOnlyList<long>> { ["x"] = [1, 3] });

    /// <summary>x · (W · s), then BatchNormalization and Tanh.</summary>
    private static byte[] Layered(bool scaled = true)
    {
        Graph graph = new("layered");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(3, null)]);
        Value w = graph.AddInitializer("w", TensorData.Of([3, 2], 1f, 2, 3, 4, 5, 6));
        if (scaled) w = graph.AddNode("Mul", [w, graph.AddInitializer("s", TensorData.Of([], 0.5f))], "scaled").Outputs[0];
        Value y = graph.AddNode("MatMul", [x, w], "y").Outputs[0];
        Value[] parameters = [.. new[] { "scale", "shift", "mean", "variance" }.Select((name, i) => graph.AddInitializer(name, TensorData.Of([2], i + 1f, i + 0.5f)))];
        Value z = graph.AddNode("BatchNormalization", [y, .. parameters], "z").Outputs[0];
        graph.AddOutput(graph.AddNode("Tanh", [z], "t").Outputs[0], ElementType.Float32, [new(null, "n"), new(2, null)]);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));
    }

    private static PruneJob Job(byte[] model, bool exact = true)
    {
        OnnxModel read = OnnxReader.Load(model);
        PruneSpec spec = PruneSpecReader.Read($"version: 1\nprune: {{ exact: {(exact ? "true" : "false")} }}", "m.prune.yaml").Spec!;
        CalibrationSet set = new(ModelInput.Of(read), [.. Enumerable.Range(0, 8).Select(i => new Sample($"{i}", [TensorData.Of([1, 3], i - 3f, i * 0.5f, 1f)], null))]);
        return new PruneJob { Spec = spec, Name = "m", ModelPath = "m.onnx", ModelBytes = model, Model = read, Calibration = set, PersonalSamples = 8 };
    }
}
