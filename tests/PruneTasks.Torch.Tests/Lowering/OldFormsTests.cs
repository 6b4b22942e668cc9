using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Forms of opset 6 and before, which ONNX Runtime promises nothing about: answers are given by hand (onnx/docs/Changelog.md).</summary>
public sealed class OldFormsTests
{
    [Fact]
    public void The_second_operand_is_aligned_at_an_axis_of_the_first()
    {
        Tensor y = Run("Add", 6, ("broadcast", 1L), ("axis", 1L))(zeros(2, 3, 4), tensor(new float[] { 1, 2, 3 }));
        Assert.Equal([2, 3, 4], y.shape);
        Assert.Equal([1, 2, 3], y.select(0, 1).select(1, 3).data<float>().ToArray());
    }

    [Fact]
    public void Without_an_axis_it_is_aligned_at_the_last_ones()
    {
        Tensor y = Run("Mul", 6, ("broadcast", 1L))(ones(2, 3), tensor(new float[] { 1, 2, 3 }));
        Assert.Equal([1, 2, 3], y.select(0, 1).data<float>().ToArray());
    }

    [Fact]
    public void An_alignment_that_does_not_fit_is_an_error() =>
        Assert.Throws<LoweringException>(() => Run("Add", 6, ("broadcast", 1L), ("axis", 2L))(zeros(2, 3, 4), zeros(3, 4)));

    [Fact]
    public void A_slope_for_each_channel_comes_without_the_axes_behind_it()
    {
        Tensor y = Run("PRelu", 6)(full([1, 2, 2, 2], -1f), tensor(new float[] { 0.5f, 2 }));
        Assert.Equal([-0.5f, -0.5f, -0.5f, -0.5f, -2, -2, -2, -2], y.contiguous().data<float>().ToArray());
    }

    [Fact]
    public void Padding_is_an_attribute_with_the_name_of_opset_1()
    {
        Tensor y = Run("Pad", 1, ("paddings", new long[] { 0, 1, 0, 2 }), ("value", 7f))(ones(1, 2));
        Assert.Equal([7, 1, 1, 7, 7], y.contiguous().data<float>().ToArray());
    }

    [Theory]
    [InlineData("Dropout")]
    [InlineData("BatchNormalization")]
    public void Training_is_the_default_before_opset_7_and_refused(string opType)
    {
        (OnnxModel model, _) = Model(opType, 6, opType == "Dropout" ? 1 : 5, []);
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Assert.Contains("is_test is 0", Assert.Single(lowered.Refusals).Reason, StringComparison.Ordinal);
    }

    private delegate Tensor Call(params Tensor[] inputs);

    private static Call Run(string opType, long opset, params (string Name, AttributeData Value)[] attributes) => (Tensor[] inputs) =>
    {
        (OnnxModel model, Value[] values) = Model(opType, opset, inputs.Length, attributes);
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Assert.Empty(lowered.Refusals);
        return lowered.Run(values.Zip(inputs).ToDictionary(p => p.First, p => p.Second), model.Graph.Outputs)[0];
    };

    private static (OnnxModel Model, Value[] Inputs) Model(string opType, long opset, int inputs, (string Name, AttributeData Value)[] attributes)
    {
        Graph graph = new("g");
        Value[] values = [.. Enumerable.Range(0, inputs).Select(i => graph.AddInput($"x{i}", ElementType.Float32, null))];
        Node node = graph.AddNode(opType, values, "y", attributes: attributes.ToDictionary(a => a.Name, a => a.Value));
        graph.AddOutput(node.Outputs[0], ElementType.Float32, null);
        return (OnnxModel.Create(graph, opset, 3, "test"), values);
    }
}
