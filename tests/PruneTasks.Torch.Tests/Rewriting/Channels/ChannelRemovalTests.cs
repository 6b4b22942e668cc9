using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Rewriting.Channels;

public sealed class ChannelRemovalTests
{
    [Fact]
    public void Channels_between_convolutions_go()
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 8);
        x = g.Node("MaxPool", [g.ConvNormRelu(x, 8, 12, 1)], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2]));
        Assert.Equal([8, 12, 6], ChannelCheck.Run(g.Finish(g.Head(g.Relu(g.Conv(x, 12, 6)), 6))));
    }

    [Fact]
    public void Residual_stage_is_one_site()
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 8);
        for (int i = 0; i < 2; i++) x = g.Relu(g.Node("Add", [x, g.Normalize(g.Conv(g.ConvNormRelu(x, 8, 10), 10, 8, bias: false), 8)]));
        // A stage with a projection on the shortcut.
        Value y = g.Normalize(g.Conv(g.ConvNormRelu(x, 8, 6, stride: 2), 6, 12, bias: false), 12);
        x = g.Relu(g.Node("Add", [y, g.Normalize(g.Conv(x, 8, 12, 1, stride: 2, bias: false), 12)]));
        Assert.Equal([8, 10, 10, 6, 12], ChannelCheck.Run(g.Finish(g.Head(x, 12))));
    }

    [Fact]
    public void Dense_block_and_fire_module_join_channels_of_several_sites()
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 6);
        for (int i = 0, channels = 6; i < 3; i++, channels += 4) x = g.Concat(x, g.Conv(g.Relu(g.Normalize(x, channels)), channels, 4, bias: false));
        Value squeezed = g.Relu(g.Conv(g.Normalize(x, 18), 18, 5, 1));
        Value fire = g.Concat(g.Relu(g.Conv(squeezed, 5, 7, 1)), g.Relu(g.Conv(squeezed, 5, 9)));
        Assert.Equal([6, 4, 4, 4, 5, 7, 9], ChannelCheck.Run(g.Finish(g.Head(fire, 16))));
    }

    [Fact]
    public void Flattened_positions_go_with_their_channel()
    {
        ConvolutionalGraph g = new();
        Value x = g.Node("MaxPool", [g.ConvNormRelu(g.Image(size: 8), 3, 6)], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2]));
        Value h = g.Relu(g.Gemm(g.Node("Flatten", [x]), 6 * 16, 10));
        Assert.Equal([6], ChannelCheck.Run(g.Finish(g.Gemm(h, 10, 4))));
    }
}
