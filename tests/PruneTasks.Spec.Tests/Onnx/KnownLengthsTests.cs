using static PruneTasks.Spec.Tests.Onnx.OnnxBytes;

namespace PruneTasks.Spec.Tests.Onnx;

/// <summary>Output axes that a file leaves open though its weights fix them.</summary>
public sealed class KnownLengthsTests
{
    [Fact]
    public void A_bias_tells_the_width_of_vectors_that_the_exporter_gave_a_name() =>
        Assert.Equal("batch, sequence, 384", Axes(3,
            Node("Gather", ["words", "ids"], "embedded"), Node("Mul", ["embedded", "gain"], "scaled"), Node("Add", ["scaled", "bias"], "y"),
            Weight("words", 30522, 384), Weight("gain", 384), Weight("bias", 384)));

    [Fact]
    public void A_pooled_output_is_followed_through_gather_gemm_and_tanh() =>
        Assert.Equal("batch, 7", Axes(2,
            Node("Gather", ["words", "ids"], "embedded"), Node("Gather", ["embedded", "first"], "token", ("axis", 1)),
            Node("Gemm", ["token", "dense", "bias"], "pooled", ("transB", 1)), Node("Tanh", ["pooled"], "y"),
            Weight("words", 100, 12), Weight("first"), Weight("dense", 7, 12), Weight("bias", 7)));

    [Fact]
    public void A_mean_over_tokens_keeps_the_width_and_the_sum_of_its_weights_does_not_matter() =>
        Assert.Equal("batch, 12", Axes(2,
            Node("Gather", ["words", "ids"], "embedded"), NodeWithList("ReduceSum", ["embedded"], "sum", "axes", 1), Node("Div", ["sum", "count"], "y"),
            Weight("words", 100, 12), Weight("count", 1)));

    [Theory]
    [InlineData(true, "batch, sequence, 20")]
    [InlineData(false, "batch, sequence, 12")]
    public void Tied_scores_are_as_wide_as_the_turned_weight(bool turned, string axes) =>
        Assert.Equal(axes, Axes(3,
            Node("Gather", ["words", "ids"], "embedded"), Node("Transpose", ["words"], "scores"),
            Node("MatMul", ["embedded", turned ? "scores" : "square"], "y"), Weight("words", 20, 12), Weight("square", 12, 12)));

    [Fact]
    public void The_operator_of_another_domain_and_everything_behind_it_stay_open() =>
        Assert.Equal("batch, sequence, width", Axes(3,
            Node("Gather", ["words", "ids"], "embedded"), Bytes(1, Join(Text(1, "embedded"), Text(2, "odd"), Text(4, "Relu"), Text(7, "my.own"))), Node("Relu", ["odd"], "y"),
            Weight("words", 20, 12)));

    [Fact]
    public void A_bias_tells_it_whatever_was_reshaped_before() =>
        Assert.Equal("batch, sequence, 12", Axes(3,
            Node("Gather", ["words", "ids"], "embedded"), Node("Reshape", ["embedded", "target"], "heads"), Node("MatMul", ["heads", "out"], "attended"),
            Node("Add", ["attended", "embedded"], "sum"), Node("Mul", ["sum", "gain"], "scaled"), Node("Add", ["bias", "scaled"], "y"),
            Weight("words", 20, 12), Weight("target", 3), Weight("out", 12, 12), Weight("gain", 12), Weight("bias", 12)));

    [Fact]
    public void What_gathers_or_turns_axes_of_an_unknown_number_tells_nothing() =>
        Assert.Equal("batch, width", Axes(2,
            Node("Reshape", ["ids", "target"], "odd"), Node("MatMul", ["odd", "out"], "wide"), Node("Gather", ["wide", "first"], "y", ("axis", 1)),
            Weight("target", 3), Weight("out", 12, 12), Weight("first")));

    [Fact]
    public void Numbers_that_may_be_broadcast_do_not_tell() =>
        Assert.Equal("batch, sequence, width", Axes(3, Node("Add", ["ids", "one"], "y"), Weight("one", 1, 1, 1)));

    [Fact]
    public void Another_number_of_axes_than_the_file_declares_is_not_believed() =>
        Assert.Equal("batch, width", Axes(2, Node("Gather", ["words", "ids"], "y"), Weight("words", 20, 12)));

    [Fact]
    public void Axes_of_weights_are_read_packed_too() =>
        Assert.Equal("batch, sequence, 300", Axes(3, Node("Gather", ["words", "ids"], "y"),
            Bytes(5, Join(Bytes(1, Join(Varint(20), Varint(300))), Text(8, "words")))));

    [Fact]
    public void More_axes_than_a_tensor_has_are_left_out() =>
        Assert.Equal("batch, sequence, width", Axes(3, Node("Gather", ["words", "ids"], "y"),
            Bytes(5, Join(Bytes(1, Join([.. Enumerable.Repeat(Varint(3), 100_000)])), Text(8, "words")))));

    private static string Axes(int rank, params byte[][] nodesAndWeights)
    {
        object?[] axes = rank == 3 ? ["batch", "sequence", "width"] : ["batch", "width"];
        byte[] bytes = Model(Graph([.. nodesAndWeights, Input("ids", 7, "batch", "sequence"), Output("y", 1, axes)]));
        return string.Join(", ", Assert.Single(ModelReading.Read(new MemoryStream(bytes), ModelTask.TextEmbedding).Outputs).Axes!);
    }

    private static byte[] Node(string op, string[] inputs, string output, params (string Name, long Value)[] attributes) => Bytes(1, Join(
        [.. inputs.Select(input => Text(1, input)), Text(2, output), Text(4, op), .. attributes.Select(a => Bytes(5, Join(Text(1, a.Name), Number(3, a.Value))))]));

    private static byte[] NodeWithList(string op, string[] inputs, string output, string name, params long[] values) => Bytes(1, Join(
        [.. inputs.Select(input => Text(1, input)), Text(2, output), Text(4, op), Bytes(5, Join([Text(1, name), .. values.Select(v => Number(8, v))])),
            Bytes(5, Join(Text(1, "keepdims"), Number(3, 0)))]));

    private static byte[] Weight(string name, params long[] axes) => Bytes(5, Join([.. axes.Select(axis => Number(1, axis)), Text(8, name)]));
}
