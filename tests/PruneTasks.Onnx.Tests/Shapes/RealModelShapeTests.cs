namespace PruneTasks.Onnx.Tests.Shapes;

public sealed class RealModelShapeTests
{
    public static TheoryData<string> Models() => Samples.All();

    [Theory, MemberData(nameof(Models))]
    public void Inferred_output_shapes_are_those_that_were_recorded(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        Dictionary<string, IReadOnlyList<long>> recorded = NpzShapes.Read(Path.Combine(Samples.Models, Path.ChangeExtension(relative, ".ort1311_io.npz")));
        ShapeBinding binding = ShapeBinding.Exact(recorded.Where(r => r.Key.StartsWith("in__", StringComparison.Ordinal)).ToDictionary(r => r.Key[4..], r => r.Value));
        // Declared shapes are taken where no rule can tell; they must not be what makes this pass.
        InferredShapes shapes = ShapeInference.Run(model, binding);
        foreach (Value output in model.Graph.Outputs)
            Assert.Equal(recorded["out__" + output.Name], shapes.ShapeOf(output));
    }

    [Theory, MemberData(nameof(Models))]
    public void Every_value_has_a_shape(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        foreach (long batch in new[] { 1, 3 })
        {
            // The voice model has a window of fixed length behind an open axis.
            InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default(batch, relative.Contains("vad", StringComparison.Ordinal) ? 512 : 9));
            Assert.Equal([], shapes.Unknown.Values.Select(u => $"{u.Reason} {u.Node} {u.Detail}"));
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void Targets_of_Reshape_and_bounds_of_Slice_are_known(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        foreach (Node node in model.Graph.Nodes.Where(n => n.OpType is "Reshape" or "Slice" or "Expand"))
            Assert.All(node.Inputs.Skip(1), input => Assert.NotNull(shapes.ContentOf(input!)));
    }
}
