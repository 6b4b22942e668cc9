using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Torch.Tests.Lowering;

namespace PruneTasks.Torch.Tests.Rewriting;

/// <summary>Attention operators as they are, taken apart, and put together again, in ONNX Runtime.</summary>
public sealed class AttentionFusingTests
{
    private const ElementType F = ElementType.Float32;

    [Theory]
    [InlineData("plain")]
    [InlineData("ends")]
    [InlineData("flags")]
    [InlineData("pairs")]
    [InlineData("scores")]
    [InlineData("causal")]
    [InlineData("causal flags")]
    [InlineData("scale")]
    [InlineData("widths")]
    [InlineData("filter flags")]
    public void Attention_of_com_microsoft(string form) => Same(AttentionTests.Packed(form, inside: true), form == "scores" ? "MultiHeadAttention" : "Attention");

    [Theory]
    [InlineData("plain")]
    [InlineData("bias")]
    [InlineData("ends")]
    [InlineData("flags")]
    [InlineData("pairs")]
    [InlineData("scores")]
    [InlineData("broadcast scores")]
    [InlineData("causal")]
    [InlineData("cross")]
    [InlineData("split")]
    [InlineData("values")]
    [InlineData("scale")]
    public void Multi_head_attention(string form) => Same(AttentionTests.MultiHead(form, inside: true), "MultiHeadAttention");

    [Theory]
    [InlineData("prompt")]
    [InlineData("prompt packed")]
    [InlineData("prompt rotary")]
    [InlineData("prompt rotary packed interleaved")]
    [InlineData("prompt uneven")]
    [InlineData("prompt uneven rotary")]
    [InlineData("prompt window")]
    [InlineData("prompt cap", false)]
    [InlineData("prompt scale")]
    [InlineData("prompt scale bias", false)]
    public void Group_query_attention(string form, bool again = true) => Same(AttentionTests.Grouped(form, inside: true), again ? "MultiHeadAttention" : null);

    [Theory]
    [InlineData("plain")]
    [InlineData("causal")]
    [InlineData("mask")]
    [InlineData("flags")]
    [InlineData("flags blind")]
    [InlineData("cap")]
    [InlineData("cap mask")]
    [InlineData("flat")]
    [InlineData("flat shared")]
    [InlineData("shared")]
    [InlineData("shared causal mask")]
    public void Attention_of_opset_23(string form) => Same(AttentionTests.Standard(form, inside: true), "Attention");

    [Theory]
    [InlineData("past")]
    [InlineData("causal past")]
    public void Keys_and_values_of_the_caller_stay(string form)
    {
        OnnxModel model = AttentionTests.Packed(form, inside: true).Model([F]);
        Assert.Equal(0, Unfusing.Apply(model));
        Assert.Contains("cache", UnfusedReason(model), StringComparison.Ordinal);
    }

    private static string UnfusedReason(OnnxModel model) =>
        UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default())).Refusals.First(r => r.Kind == UnitKind.QueryKey).Detail;

    private static void Same(OperatorTrial trial, string? again)
    {
        OnnxModel model = trial.Model([F]);
        string op = model.Graph.Nodes[0].OpType;
        float[] wanted = Answer(model, trial);
        List<FusedAttention> attentions = [];
        Assert.Equal(1, Unfusing.Apply(model, attentions));
        Assert.DoesNotContain(model.Graph.Nodes, n => n.OpType == op);
        model = OnnxReader.Load(OnnxWriter.ToBytes(model));
        Close(wanted, Answer(model, trial));
        Assert.Equal(again is null ? 0 : 1, AttentionFusing.Apply(model, attentions));
        Assert.Equal(again is null ? 1 : 0, model.Graph.Nodes.Count(n => n.OpType == "Softmax"));
        if (again is not null) Assert.Contains(model.Graph.Nodes, n => n.OpType == again);
        Close(wanted, Answer(model, trial));
    }

    private static float[] Answer(OnnxModel model, OperatorTrial trial) => (RuntimeAnswer.Of(OnnxWriter.ToBytes(model), trial.Given) ?? throw new InvalidOperationException("ONNX Runtime does not run it"))[0].ToFloats();

    private static void Close(float[] wanted, float[] got)
    {
        Assert.Equal(wanted.Length, got.Length);
        Assert.All(wanted.Zip(got), x => Assert.Equal(x.First, x.Second, 2e-5f));
    }
}
