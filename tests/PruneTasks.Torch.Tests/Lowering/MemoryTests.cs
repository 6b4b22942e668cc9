using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

// The number of live tensors is one for the whole process.
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;

[Collection("alone")]
public sealed class MemoryTests
{
    [Fact]
    public void Nothing_is_left_over_but_what_is_returned()
    {
        (OnnxModel model, Value x, _) = LoweredGraphTests.Small();
        using LoweredGraph graph = LoweredGraph.Create(model);
        using Tensor input = ones(2, 3);
        Dictionary<Value, Tensor> known = new() { [x] = input };
        graph.Run(known, model.Graph.Outputs)[0].Dispose();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 10; i++) graph.Run(known, model.Graph.Outputs)[0].Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Intermediates_are_freed_while_running()
    {
        Graph graph = new("g");
        Value x = graph.AddInput("x", ElementType.Float32, null), at = x;
        for (int i = 0; i < 20_000; i++) at = graph.AddNode("Sin", [at], $"y{i}_").Outputs[0];
        graph.AddOutput(at, ElementType.Float32, null);
        OnnxModel model = OnnxModel.Create(graph, 17, 8, "test");
        using LoweredGraph lowered = LoweredGraph.Create(model);
        using var off = no_grad();
        using Tensor input = ones(1);
        long before = Tensor.TotalCount;
        lowered.Run(new Dictionary<Value, Tensor> { [x] = input }, graph.Outputs)[0].Dispose();
        // The peak is that of the process and includes other tests; keeping every intermediate would exceed it by far.
        Assert.InRange(Tensor.PeakCount - before, 1, 10_000);
    }

    [Fact]
    public void Disposing_a_graph_frees_its_constants()
    {
        (OnnxModel model, _, _) = LoweredGraphTests.Small();
        long before = Tensor.TotalCount;
        LoweredGraph graph = LoweredGraph.Create(model), fork = graph.Fork();
        Assert.True(Tensor.TotalCount > before);
        graph.Dispose();
        fork.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }
}
