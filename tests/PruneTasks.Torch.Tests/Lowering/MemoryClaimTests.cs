using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>What a node is about to allocate is its result, not the product of all it reads.</summary>
public sealed class MemoryClaimTests
{
    private const long Side = 1024;

    // A view of one number: no memory. Multiplied with the sizes wanted it would be terabytes.
    private static Tensor Large(params long[] shape) => zeros(1).expand(shape);

    [Fact]
    public void A_large_tensor_that_keeps_its_size_is_no_claim()
    {
        using DisposeScope scope = NewDisposeScope();
        Check("Expand", [], Large(Side, 1, Side), tensor(new[] { 1L, Side, 1, Side }));
        Check("Resize", [("axes", (AttributeData)(long[])[2, 3])], Large(1, 3, Side, Side), null, null, tensor(new[] { Side, Side }));
        Check("Pad", [], Large(1, 3, Side, Side), tensor(new[] { 1L, 1, 1, 1 }), null, tensor(new[] { -2L, -1 }));
    }

    [Theory]
    [InlineData("Expand")]
    [InlineData("Resize")]
    [InlineData("Pad")]
    public void A_small_tensor_that_asks_for_terabytes_is_refused(string op)
    {
        using DisposeScope scope = NewDisposeScope();
        const long much = 1L << 22;
        LoweringException refused = Assert.Throws<LoweringException>(() =>
        {
            if (op == "Expand") Check(op, [], zeros(1), tensor(new[] { much, much }));
            else if (op == "Resize") Check(op, [("axes", (AttributeData)(long[])[0, 1])], zeros(2, 2), null, null, tensor(new[] { much, much }));
            else Check(op, [], zeros(2, 2), tensor(new[] { 0, 0, much, much }), null, tensor(new[] { 0L, 1 }));
        });
        Assert.Contains("MiB", refused.Message, StringComparison.Ordinal);
    }

    private static void Check(string op, (string Name, AttributeData Value)[] attributes, params Tensor?[] inputs)
    {
        Graph graph = new("one");
        Value[] values = [.. inputs.Select((_, i) => graph.AddInput($"x{i}", ElementType.Float32, []))];
        Node node = graph.AddNode(op, values, "y", attributes: attributes.ToDictionary(a => a.Name, a => a.Value));
        MemoryClaim.Check(node, OperatorTable.Default.BehaviourOf(node) == AxisBehaviour.Binary, inputs);
    }
}
