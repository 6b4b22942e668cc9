namespace PruneTasks.Onnx.Tests.Shapes;

public sealed class ShapeInvariantsTests
{
    private readonly Graph _graph = new("g");
    private readonly Value _x, _shape;

    public ShapeInvariantsTests()
    {
        _x = _graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(null, "tokens"), new(32, null)]);
        _shape = _graph.AddNode("Shape", [_x], "shape").Outputs[0];
    }

    private ShapeInvariants Find() => ShapeInvariants.Find(OnnxModel.Create(_graph, 17, 8, "tests"));

    [Fact]
    public void Elements_of_a_shape_are_constant_where_the_axis_is_fixed()
    {
        ShapeInvariants invariants = Find();
        Assert.Equal([null, null, 32], new long?[] { invariants.ElementOf(_shape, 0), invariants.ElementOf(_shape, 1), invariants.ElementOf(_shape, 2) });
        Assert.Equal(3, invariants.ElementCount(_shape));
        Assert.Null(invariants.ContentOf(_shape));
        Assert.Equal([null, null, 32L], invariants.ShapeOf(_x)!);
    }

    [Fact]
    public void A_clamped_size_is_not_taken_for_a_constant()
    {
        Value clamped = _graph.AddNode("Min", [_shape, _graph.AddInitializer("limit", TensorData.Vector(100, 100, 100))], "m").Outputs[0];
        ShapeInvariants invariants = Find();
        Assert.Null(invariants.ElementOf(clamped, 1));
        Assert.Equal(32, invariants.ElementOf(clamped, 2));
    }

    [Fact]
    public void Sizes_given_by_symbol_count_as_constant()
    {
        ShapeBinding binding = ShapeBinding.Default() with { Symbols = new Dictionary<string, long> { ["tokens"] = 65 } };
        ShapeInvariants invariants = ShapeInvariants.Find(OnnxModel.Create(_graph, 17, 8, "tests"), binding);
        Assert.Equal(65, invariants.ElementOf(_shape, 1));
        Assert.Null(invariants.ElementOf(_shape, 0));
    }

    [Fact]
    public void Reasons_say_why_a_shape_is_not_known()
    {
        Value indices = _graph.AddInput("target", ElementType.Int64, [new(2, null)]);
        Node reshape = _graph.AddNode("Reshape", [_x, indices], "r");
        Node relu = _graph.AddNode("Relu", [reshape.Outputs[0]], "q");
        Node odd = _graph.AddNode("Frobnicate", [_x], "o");
        Node wrong = _graph.AddNode("MatMul", [_x, _x], "w");
        InferredShapes shapes = ShapeInference.Run(OnnxModel.Create(_graph, 17, 8, "tests"), ShapeBinding.Default());
        Assert.Equal(UnknownShape.DataDependent, shapes.WhyUnknown(reshape.Outputs[0])!.Reason);
        Assert.Equal(UnknownShape.UnknownInput, shapes.WhyUnknown(relu.Outputs[0])!.Reason);
        Assert.Equal(UnknownShape.UnknownOperator, shapes.WhyUnknown(odd.Outputs[0])!.Reason);
        Assert.Equal(UnknownShape.Inconsistent, shapes.WhyUnknown(wrong.Outputs[0])!.Reason);
    }

    [Fact]
    public void Sizes_that_the_graph_contradicts_do_not_count_and_others_are_tried()
    {
        Value image = _graph.AddInput("image", ElementType.Float32, [new(null, "n"), new(8, null), new(null, "h"), new(null, "w")]);
        Value half = Pool(Pool(Pool(Pool(image))));
        for (int i = 0; i < 4; i++) half = _graph.AddNode("Resize", [half, null, _graph.AddInitializer("s", TensorData.Of([4], 1f, 1f, 2f, 2f))], "r").Outputs[0];
        Value sum = _graph.AddNode("Add", [image, half], "sum").Outputs[0];
        Assert.Equal([null, 8, null, null], Find().ShapeOf(sum)!);
        OnnxModel model = OnnxModel.Create(_graph, 17, 8, "tests");
        Assert.Null(ShapeInference.Run(model, ShapeBinding.Default()).ShapeOf(sum));
        ShapeBinding taken = ShapeBinding.Taken(model);
        Assert.Equal([2, 8, taken.Other, taken.Other], ShapeInference.Run(model, taken).ShapeOf(sum)!);

        Value Pool(Value x) => _graph.AddNode("MaxPool", [x], "p", attributes: new Dictionary<string, AttributeData>
        {
            ["kernel_shape"] = (long[])[3, 3], ["strides"] = (long[])[2, 2], ["pads"] = (long[])[1, 1, 1, 1],
        }).Outputs[0];
    }

    [Fact]
    public void A_graph_that_takes_one_size_has_its_shapes_too()
    {
        Value image = _graph.AddInput("image", ElementType.Float32, [new(null, "n"), new(null, "colours"), new(null, "h"), new(null, "w")]);
        Value patches = _graph.AddNode("Conv", [image, _graph.AddInitializer("k", TensorData.Of([4, 3, 16, 16], new float[4 * 3 * 256]))], "c", attributes: new Dictionary<string, AttributeData>
        {
            ["strides"] = (long[])[16, 16],
        }).Outputs[0];
        Value rows = _graph.AddNode("Reshape", [patches, _graph.AddInitializer("to", TensorData.Vector(0, 4, -1))], "r").Outputs[0];
        Value placed = _graph.AddNode("Add", [rows, _graph.AddInitializer("places", TensorData.Of([1, 4, 196], new float[4 * 196]))], "a").Outputs[0];
        Assert.Equal([null, 4, 196], Find().ShapeOf(placed)!);
        Assert.Equal([null, 3, null, null], Find().ShapeOf(image)!);
        OnnxModel model = OnnxModel.Create(_graph, 17, 8, "tests");
        Assert.Equal([1, 3, 224, 224], ShapeBinding.Taken(model, 1).For(_graph).ShapeOf(image)!);
    }

    [Theory]
    [InlineData("Gemm", 1, 5)]
    [InlineData("Transpose", 0, 5)]
    [InlineData("Mul", 1, 4)]
    public void Sizes_that_a_layer_asks_for_are_taken(string op, int axis, long size)
    {
        Value x = _graph.AddInput("features", ElementType.Float32, [new(null, null), new(null, null)]);
        Value weight = _graph.AddInitializer("w", TensorData.Of([5, 4], new float[20]));
        Value at = _graph.AddNode("Cast", [x], "c", attributes: new Dictionary<string, AttributeData> { ["to"] = 1L }).Outputs[0];
        if (op == "Transpose") at = _graph.AddNode(op, [at], "t", attributes: new Dictionary<string, AttributeData> { ["perm"] = (long[])[1, 0] }).Outputs[0];
        if (op == "Mul") _graph.AddNode(op, [at, _graph.AddInitializer("scale", TensorData.Of([4], new float[4]))], "m");
        else _graph.AddNode("Gemm", [at, weight], "g");
        IReadOnlyList<long> shape = ShapeBinding.Default(3, 9).For(_graph).ShapeOf(x)!;
        Assert.Equal(size, shape[axis]);
        Assert.Equal(axis == 0 ? 9 : 3, shape[1 - axis]);
    }
}
