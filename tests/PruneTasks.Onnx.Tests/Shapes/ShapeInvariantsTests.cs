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
}
