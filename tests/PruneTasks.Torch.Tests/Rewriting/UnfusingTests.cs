using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Torch.Tests.Lowering;
using static PruneTasks.Torch.Tests.Lowering.OperatorTrial;

namespace PruneTasks.Torch.Tests.Rewriting;

/// <summary>Fused operators before and after they are taken apart, in ONNX Runtime.</summary>
public sealed class UnfusingTests
{
    private const ElementType F = ElementType.Float32, None = ElementType.Undefined;

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(0, 1, 1, 0)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(1, 1, 1, 1)]
    public void Products(int transA, int transB, int batchA, int batchB)
    {
        static long[] Shape(long rows, long columns, int inner, int outer)
        {
            (long a, long b) = inner != 0 ? (columns, rows) : (rows, columns);
            return outer != 0 ? [a, 2, 3, b] : [2, 3, a, b];
        }
        Same(Fused("FusedMatMul").Input(Normal(1, Shape(4, 5, transA, batchA))).Input(Normal(2, Shape(5, 6, transB, batchB)))
            .With("transA", transA).With("transB", transB).With("transBatchA", batchA).With("transBatchB", batchB).With("alpha", 0.25f), F);
    }

    [Theory]
    [InlineData("Relu")]
    [InlineData("Sigmoid")]
    [InlineData("LeakyRelu", 0.2f)]
    [InlineData("HardSigmoid", 0.3f, 0.4f)]
    [InlineData("Clip", -0.5f, 0.7f)]
    public void Layers_with_activations(string activation, params float[] parameters)
    {
        OperatorTrial conv = Fused("FusedConv").Input(Normal(1, 2, 3, 6, 6)).Constant(Normal(2, 4, 3, 3, 3)).Constant(Normal(3, 4)).With("activation", activation).With("pads", new long[] { 1, 1, 1, 1 });
        if (parameters.Length > 0) conv.With("activation_params", new AttributeData { Floats = parameters });
        Same(conv, F);
        if (activation is not "Relu") return;
        Same(Fused("FusedConv").Input(Normal(1, 2, 3, 6, 6)).Constant(Normal(2, 4, 3, 3, 3)).Constant(Normal(3, 4)).Input(Normal(4, 2, 4, 4, 4)).With("activation", activation), F);
        Same(Fused("FusedGemm").Input(Normal(1, 3, 5)).Constant(Normal(2, 6, 5)).Constant(Normal(3, 6)).With("transB", 1).With("activation", activation), F);
    }

    [Theory]
    [InlineData("SkipLayerNormalization", true, true)]
    [InlineData("SkipLayerNormalization", false, false)]
    [InlineData("SkipSimplifiedLayerNormalization", false, true)]
    [InlineData("SkipSimplifiedLayerNormalization", false, false)]
    public void Sums_that_are_normalised(string op, bool beta, bool bias)
    {
        OperatorTrial trial = Fused(op).Input(Normal(1, 2, 3, 8)).Input(Normal(2, 2, 3, 8)).Constant(Normal(3, 8));
        if (op == "SkipLayerNormalization") trial.Constant(beta ? Normal(4, 8) : null);
        Same(trial.Constant(bias ? Normal(5, 8) : null).With("epsilon", 1e-5f), F, None, None, F);
    }

    [Fact]
    public void Gelu_with_its_bias() => Same(Fused("BiasGelu").Input(Normal(1, 2, 3, 8)).Constant(Normal(2, 8)), F);

    [Fact]
    public void Fast_gelu_with_its_bias() => Same(Fused("FastGelu").Input(Normal(1, 2, 3, 8)).Constant(Normal(2, 8)), F);

    [Fact]
    public void An_output_of_the_model_keeps_its_name()
    {
        OperatorTrial trial = new OperatorTrial("BiasGelu", 1, "com.microsoft").Input(Normal(1, 2, 8)).Constant(Normal(2, 8));
        string name = trial.Model([F]).Graph.Outputs[0].Name;
        Assert.Equal(name, Same(trial, F).Graph.Outputs[0].Name);
    }

    [Theory]
    [InlineData("flat")]
    [InlineData("flat interleaved")]
    [InlineData("split")]
    [InlineData("offset")]
    [InlineData("part")]
    [InlineData("part interleaved")]
    public void Rotary_positions(string form) => Same(AttentionTests.Rotary(form, inside: true), F);

    private static OperatorTrial Fused(string op) => new(op, 1, "com.microsoft") { IsInside = true };

    private static OnnxModel Same(OperatorTrial trial, params ElementType[] types)
    {
        OnnxModel model = trial.Model(types);
        IReadOnlyList<TensorData> before = RuntimeAnswer.Of(OnnxWriter.ToBytes(model), trial.Given)!;
        Assert.Equal(1, Unfusing.Apply(model));
        Assert.DoesNotContain(model.Graph.Nodes, n => n.OpType.StartsWith("Fused", StringComparison.Ordinal) || n.OpType.StartsWith("Skip", StringComparison.Ordinal) || n.OpType is "BiasGelu" or "RotaryEmbedding");
        IReadOnlyList<TensorData> after = RuntimeAnswer.Of(OnnxWriter.ToBytes(model), trial.Given)!;
        Assert.Equal(before.Count, after.Count);
        Assert.All(before.Zip(after), p => Assert.All(p.First.ToFloats().Zip(p.Second.ToFloats()), x => Assert.Equal(x.First, x.Second, 2e-5f)));
        return model;
    }
}
