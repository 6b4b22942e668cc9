using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

public sealed class WindowRowsTests
{
    [Theory]
    [InlineData("Conv", 2, 3, 1, 1, 1, 1)]
    [InlineData("Conv", 2, 3, 2, 1, 2, 2)]
    [InlineData("Conv", 2, 1, 2, 0, 1, 1)]
    [InlineData("Conv", 1, 5, 2, 2, 1, 1)]
    [InlineData("Conv", 3, 2, 1, 1, 1, 2)]
    [InlineData("ConvTranspose", 2, 3, 1, 1, 1, 1)]
    [InlineData("ConvTranspose", 2, 4, 2, 1, 1, 2)]
    [InlineData("ConvTranspose", 1, 3, 3, 0, 2, 1)]
    public void Windows_times_weights_are_what_the_layer_gives(string op, int axes, int kernel, long stride, long pad, long dilation, long group)
    {
        using DisposeScope scope = NewDisposeScope();
        ChannelGraph cnn = new(4, 6);
        Value x = cnn.Graph.AddInput("maps", ElementType.Float32, [new(2, null), new(4, null), .. Enumerable.Repeat(new Axis(6, null), axes)]);
        Value y = cnn.Conv(x, 4, 6, kernel, pad, stride, group, op, dilation, axes: axes);
        cnn.Output(y);
        ChannelEnd end = new(y.Producer!, 1, op == "Conv" ? 1 : 0, [.. Enumerable.Range(0, op == "Conv" ? 4 / (int)group : 4)]);
        Check(cnn, end, x, ChannelGraph.Inputs(1, 2, 4, 6, axes));
    }

    [Fact]
    public void Rows_times_weights_are_what_a_linear_layer_gives()
    {
        using DisposeScope scope = NewDisposeScope();
        ChannelGraph cnn = new();
        Value x = cnn.Graph.AddInput("rows", ElementType.Float32, [new(40, null), new(5, null)]), y = cnn.Linear(x, 5, 3);
        cnn.Output(y);
        Check(cnn, new ChannelEnd(y.Producer!, 1, 1, [0, 1, 2, 3, 4]), x, ChannelGraph.Inputs(1, 40, 5, 1, 0));
    }

    [Fact]
    public void Places_are_spread_over_the_whole_map_and_differ_from_batch_to_batch()
    {
        long[] first = WindowRows.Spread(1000, 50, 0), second = WindowRows.Spread(1000, 50, 1);
        Assert.Equal(50, first.Distinct().Count());
        Assert.True(first[0] < 20 && first[^1] >= 980 && first.Zip(first.Skip(1)).All(p => p.First < p.Second));
        Assert.NotEqual(first, second);
        Assert.Equal(first, WindowRows.Spread(1000, 50, 0));
        Assert.Equal([0L, 1L, 2L], WindowRows.Spread(3, 10, 4));
    }

    private static void Check(ChannelGraph cnn, ChannelEnd end, Value x, TensorData input)
    {
        using var off = no_grad();
        using LoweredGraph graph = LoweredGraph.Create(cnn.Model());
        ConsumerLayer layer = ConsumerLayer.Of(end)!;
        Tensor maps = TorchTypes.ToTensor(input), y = graph.Run(new Dictionary<Value, Tensor> { [x] = maps }, [layer.Output])[0];
        foreach (long rows in (long[])[12, 10_000])
        {
            WindowRows windows = WindowRows.Choose(layer, maps, y, rows, 3);
            Tensor[] seen = windows.Inputs(maps), given = windows.Outputs(y);
            Tensor weight = layer.Weight(graph), bias = layer.BiasOf(graph);
            for (int g = 0; g < layer.Groups; g++)
            {
                Tensor made = seen[g].to(float64).mm(weight[g]) + bias[g];
                Assert.True((made - given[g]).abs().max().item<double>() < 1e-5);
            }
            Assert.Equal(Math.Min(rows, y.numel() / (layer.Groups * layer.Outputs)), given[0].shape[0]);
        }
        // Reading and writing are each other's inverse.
        using LoweredGraph other = graph.Fork();
        layer.SetWeight(other, layer.Weight(graph));
        layer.SetBias(other, layer.BiasOf(graph));
        Assert.Empty(other.ChangedFrom(graph));
    }
}
