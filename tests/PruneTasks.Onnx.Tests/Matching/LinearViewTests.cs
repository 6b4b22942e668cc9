namespace PruneTasks.Onnx.Tests.Matching;

public sealed class LinearViewTests
{
    private readonly Graph _graph = new("g");
    private readonly Value _x;

    public LinearViewTests() => _x = _graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(2, null)]);

    private Value Weight(long rows, long columns) =>
        _graph.AddInitializer("w", TensorData.Of([rows, columns], [.. Enumerable.Range(1, (int)(rows * columns)).Select(i => (float)i)]));

    private Value Bias() => _graph.AddInitializer("b", TensorData.Of([3], 10f, 20f, 30f));

    [Fact]
    public void MatMul_with_a_following_Add_is_one_layer()
    {
        Node product = _graph.AddNode("MatMul", [_x, Weight(2, 3)], "p");
        Node add = _graph.AddNode("Add", [Bias(), product.Outputs[0]], "y");
        LinearView layer = LinearView.TryGet(product)!;
        Assert.Equal((_x, add.Outputs[0], 2, 3), (layer.Input, layer.Output, layer.InFeatures, layer.OutFeatures));
        Assert.Equal((add, 0), (layer.BiasNode, layer.BiasInput));
        Assert.Equal([10f, 20, 30], layer.BiasAsVector()!.ToFloats());
        Assert.Equal([1f, 2, 3, 4, 5, 6], layer.WeightAsInOut().ToFloats());
    }

    [Fact]
    public void A_product_that_others_read_keeps_its_bias_apart()
    {
        Node product = _graph.AddNode("MatMul", [_x, Weight(2, 3)], "p");
        _graph.AddNode("Add", [product.Outputs[0], Bias()], "y");
        _graph.AddNode("Relu", [product.Outputs[0]], "z");
        LinearView layer = LinearView.TryGet(product)!;
        Assert.Null(layer.Bias);
        Assert.Equal(product.Outputs[0], layer.Output);
    }

    [Fact]
    public void Gemm_gives_weights_with_alpha_and_orientation()
    {
        Node gemm = _graph.AddNode("Gemm", [_x, Weight(3, 2), Bias()], "y", attributes: new Dictionary<string, AttributeData>
        {
            ["transB"] = 1L,
            ["alpha"] = 2f,
            ["beta"] = 0.5f,
        });
        LinearView layer = LinearView.TryGet(gemm)!;
        Assert.Equal((1, 0, 2, 3), (layer.InAxis, layer.OutAxis, layer.InFeatures, layer.OutFeatures));
        Assert.Equal([2f, 6, 10, 4, 8, 12], layer.WeightAsInOut().ToFloats());
        Assert.Equal([5f, 10, 15], layer.BiasAsVector()!.ToFloats());
    }

    [Fact]
    public void Gemm_with_an_activation_as_bias_or_transposed_data_is_no_layer()
    {
        Assert.Null(LinearView.TryGet(_graph.AddNode("Gemm", [_x, Weight(2, 2), _x], "y")));
        Assert.Null(LinearView.TryGet(_graph.AddNode("Gemm", [_x, Weight(2, 2)], "y", attributes: new Dictionary<string, AttributeData> { ["transA"] = 1L })));
    }

    [Theory]
    [InlineData("bni,io->bno", true, 0)]
    [InlineData("bni,oi->bno", true, 1)]
    [InlineData("...i, oi -> ...o", true, 1)]
    [InlineData("ni,io", true, 0)]
    [InlineData("bni,io->bon", false, 0)]
    [InlineData("bni,ni->bn", false, 0)]
    [InlineData("bni,io->bio", false, 0)]
    [InlineData("bni,ii->bni", false, 0)]
    public void Einsum_is_a_layer_if_it_replaces_the_last_axis(string equation, bool expected, int inAxis)
    {
        Node node = _graph.AddNode("Einsum", [_x, Weight(2, 2)], "y", attributes: new Dictionary<string, AttributeData> { ["equation"] = equation });
        LinearView? layer = LinearView.TryGet(node);
        Assert.Equal(expected, layer is not null);
        if (expected) Assert.Equal(inAxis, layer!.InAxis);
    }

    [Fact]
    public void Einsum_may_have_the_weight_in_front()
    {
        Node node = _graph.AddNode("Einsum", [Weight(3, 2), _x], "y", attributes: new Dictionary<string, AttributeData> { ["equation"] = "oi,bi->bo" });
        LinearView layer = LinearView.TryGet(node)!;
        Assert.Equal((0, 1, _x), (layer.WeightInput, layer.InAxis, layer.Input));
    }

    [Fact]
    public void Products_of_activations_and_of_constants_are_no_layers()
    {
        Assert.Null(LinearView.TryGet(_graph.AddNode("MatMul", [_x, _x], "y")));
        Assert.Null(LinearView.TryGet(_graph.AddNode("MatMul", [Weight(2, 2), _x], "y")));
        Assert.Null(LinearView.TryGet(_graph.AddNode("MatMul", [Weight(2, 2), Weight(2, 2)], "y")));
    }
}
