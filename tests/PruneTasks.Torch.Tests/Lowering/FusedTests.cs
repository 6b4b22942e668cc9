using PruneTasks.Onnx;
using static PruneTasks.Torch.Tests.Lowering.OperatorTrial;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Operators that ONNX Runtime's optimiser makes of several, against ONNX Runtime.</summary>
public sealed class FusedTests
{
    private const ElementType F = ElementType.Float32, I = ElementType.Int32, None = ElementType.Undefined;
    private const string Ms = "com.microsoft";

    [Theory]
    [InlineData("SkipLayerNormalization", "")]
    [InlineData("SkipLayerNormalization", "beta bias")]
    [InlineData("SkipLayerNormalization", "beta bias sum")]
    [InlineData("SkipLayerNormalization", "spread")]
    [InlineData("SkipSimplifiedLayerNormalization", "")]
    [InlineData("SkipSimplifiedLayerNormalization", "bias sum")]
    public void Sums_that_are_normalised_agree(string op, string form)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        OperatorTrial trial = new OperatorTrial(op, 1, Ms).Input(Normal(1, 2, 3, 8)).Input(Is("spread") ? Normal(2, 1, 3, 8) : Normal(2, 2, 3, 8)).Constant(Normal(3, 8));
        if (op == "SkipLayerNormalization") trial.Constant(Is("beta") ? Normal(4, 8) : null);
        trial.Constant(Is("bias") ? Normal(5, 8) : null).With("epsilon", 1e-5f);
        if (Is("sum")) trial.Agrees(F, None, None, F);
        else trial.Agrees(F);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("segments")]
    [InlineData("segments mask sum")]
    [InlineData("segments mask positions")]
    public void Embeddings_agree(string form)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        OperatorTrial trial = new OperatorTrial("EmbedLayerNormalization", 1, Ms)
            .Input(Int32([2, 4], 1, 2, 3, 9, 0, 5, 5, 1)).Input(Is("segments") ? Int32([2, 4], 0, 0, 1, 1, 0, 1, 1, 1) : null)
            .Constant(Normal(1, 10, 8)).Constant(Normal(2, 6, 8)).Constant(Is("segments") ? Normal(3, 2, 8) : null).Constant(Normal(4, 8)).Constant(Normal(5, 8))
            .Input(Is("mask") ? Int32([2, 4], 1, 1, 1, 0, 1, 1, 0, 0) : null).Input(Is("positions") ? Int32([2, 4], 0, 1, 2, 3, 5, 4, 3, 2) : null);
        if (Is("sum")) trial.Agrees(F, I, F);
        else trial.Agrees(F, I);
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 0, 0, 0)]
    [InlineData(0, 1, 0, 0)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 1, 1, 1)]
    [InlineData(1, 0, 0, 1)]
    [InlineData(1, 1, 1, 1)]
    public void Products_of_turned_operands_agree(int transA, int transB, int batchA, int batchB)
    {
        static long[] Shape(long rows, long columns, int inner, int outer)
        {
            (long a, long b) = inner != 0 ? (columns, rows) : (rows, columns);
            // The stored shape, from the one that is multiplied, [2, 3, rows, columns].
            return outer != 0 ? [a, 2, 3, b] : [2, 3, a, b];
        }
        new OperatorTrial("FusedMatMul", 1, Ms).Input(Normal(1, Shape(4, 5, transA, batchA))).Input(Normal(2, Shape(5, 6, transB, batchB)))
            .With("transA", transA).With("transB", transB).With("transBatchA", batchA).With("transBatchB", batchB).With("alpha", 0.25f).Agrees(F);
    }

    [Theory]
    [InlineData("Relu")]
    [InlineData("Sigmoid")]
    [InlineData("Tanh")]
    [InlineData("LeakyRelu", 0.2f)]
    [InlineData("Clip", -0.5f, 0.7f)]
    [InlineData("HardSigmoid", 0.3f, 0.4f)]
    public void Products_with_activations_agree(string activation, params float[] parameters)
    {
        OperatorTrial gemm = new OperatorTrial("FusedGemm", 1, Ms).Input(Normal(1, 3, 5)).Constant(Normal(2, 6, 5)).Constant(Normal(3, 6)).With("transB", 1).With("activation", activation);
        OperatorTrial conv = new OperatorTrial("FusedConv", 1, Ms).Input(Normal(1, 2, 3, 6, 6)).Constant(Normal(2, 4, 3, 3, 3)).Constant(Normal(3, 4)).With("activation", activation);
        if (parameters.Length > 0) conv.With("activation_params", new AttributeData { Floats = parameters });
        if (parameters.Length > 0) gemm.With("activation_alpha", parameters[0]);
        if (parameters.Length > 1) gemm.With("activation_beta", parameters[1]);
        if (activation != "Clip") gemm.Agrees(F);
        conv.Agrees(F);
        new OperatorTrial("FusedConv", 1, Ms).Input(Normal(1, 2, 3, 6, 6)).Constant(Normal(2, 4, 3, 3, 3)).Constant(Normal(3, 4)).Input(Normal(4, 2, 4, 4, 4)).With("activation", "Relu").Agrees(F);
    }

    [Theory]
    [InlineData("BiasGelu", true)]
    [InlineData("FastGelu", true)]
    [InlineData("FastGelu", false)]
    [InlineData("Gelu", false)]
    [InlineData("QuickGelu", false)]
    public void Gelus_agree(string op, bool bias)
    {
        OperatorTrial trial = new OperatorTrial(op, 1, Ms).Input(Normal(1, 2, 3, 8));
        if (bias) trial.Constant(Normal(2, 8));
        trial.Agrees(F);
    }
}
