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

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Depthwise_convolution_passes_its_channels(int multiplier)
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 8, 1);
        x = g.Node("Clip", [g.Normalize(g.Conv(x, 8, 8 * multiplier, group: 8, bias: false), 8 * multiplier)]);
        x = g.Normalize(g.Conv(x, 8 * multiplier, 6, 1), 6);
        Assert.Equal([8, 6], ChannelCheck.Run(g.Finish(g.Head(x, 6))));
    }

    [Theory]
    [InlineData(8, 16, new[] { 8, 6 })]
    [InlineData(2, 16, new[] { 8, 10, 6 })]
    public void Grouped_convolution_loses_whole_groups_or_the_same_channels_of_each(int groups, int channels, int[] units)
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, channels, 1);
        int next = groups == 8 ? 24 : 20;
        x = g.ConvNormRelu(x, channels, next, group: groups);
        Assert.Equal(units, ChannelCheck.Run(g.Finish(g.Head(g.Conv(x, next, 6, 1), 6))));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void Channel_shuffle_passes_what_stays_together(int groups, bool arithmetic)
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 12, 1);
        x = Shuffle(g, x, 12, groups, arithmetic);
        x = g.ConvNormRelu(x, 12, 12, group: 12);
        Assert.Equal([Math.Max(groups, 12 / groups), 6], ChannelCheck.Run(g.Finish(g.Head(g.Conv(x, 12, 6, 1), 6))));
    }

    [Fact]
    public void ShuffleNet_unit_splits_channels_and_shuffles_them()
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 16, 1);
        for (int i = 0; i < 2; i++)
        {
            IReadOnlyList<Value> halves = g.Nodes("Split", [x, g.Ints(8, 8)], 2, ("axis", 1L));
            Value y = g.ConvNormRelu(halves[1], 8, 8, 1);
            y = g.ConvNormRelu(g.Normalize(g.Conv(y, 8, 8, group: 8, bias: false), 8), 8, 8, 1);
            x = Shuffle(g, g.Concat(halves[0], y), 16, 2, arithmetic: i == 1);
        }
        int[] units = ChannelCheck.Run(g.Finish(g.Head(x, 16)));
        Assert.True(units.Sum() >= 16, string.Join(',', units));
    }

    [Fact]
    public void Squeeze_and_excite_goes_with_the_channels_it_scales()
    {
        ConvolutionalGraph g = new();
        Value x = g.ConvNormRelu(g.Image(), 3, 8);
        Value s = g.Node("HardSigmoid", [g.Conv(g.Relu(g.Conv(g.Node("GlobalAveragePool", [x]), 8, 4, 1)), 4, 8, 1)]);
        x = g.Conv(g.Node("Mul", [x, s]), 8, 10, 1);
        // The same with linear layers, pooled by a reduction, shaped back by shape arithmetic.
        Value mean = g.Node("ReduceMean", [x], ("axes", (long[])[2, 3]), ("keepdims", 0L));
        Value t = g.Node("Sigmoid", [g.Linear(g.Relu(g.Linear(mean, 10, 6)), 6, 10)]);
        Value target = g.Node("Concat", [g.Unsqueeze(g.Size(x, 0)), g.Unsqueeze(g.Size(x, 1)), g.Ints(1, 1)], ("axis", 0L));
        x = g.Relu(g.Node("Mul", [x, g.Node("Reshape", [t, target])]));
        Assert.Equal([8, 4, 10], ChannelCheck.Run(g.Finish(g.Head(x, 10))));
    }

    [Fact]
    public void U_net_joins_skips_and_enlarged_channels()
    {
        ConvolutionalGraph g = new();
        Value a = g.ConvNormRelu(g.Image(), 3, 6);
        Value b = g.ConvNormRelu(a, 6, 10, stride: 2);
        Value c = g.ConvNormRelu(b, 10, 12, stride: 2);
        Value up = g.Relu(g.ConvTranspose(c, 12, 8));
        Value d = g.ConvNormRelu(g.Concat(up, b), 18, 8);
        Value shape = g.Node("Shape", [a]);
        Value sizes = g.Node("Concat", [g.Node("Slice", [g.Node("Shape", [d]), g.Ints(0), g.Ints(2), g.Ints(0)]), g.Node("Slice", [shape, g.Ints(2), g.Ints(4), g.Ints(0)])], ("axis", 0L));
        Value resized = g.Nodes("Resize", [d, null, null, sizes], 1, ("mode", "nearest"))[0];
        Value e = g.Relu(g.Conv(g.Concat(resized, a), 14, 7));
        Value pads = g.Ints(0, 0, 1, 1, 0, 0, 1, 1);
        Assert.Equal([6, 10, 12, 8, 8, 7], ChannelCheck.Run(g.Finish(g.Conv(g.Node("Pad", [e, pads]), 7, 2, 1))));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(13)]
    public void Detector_with_several_heads_keeps_their_outputs(long opset)
    {
        ConvolutionalGraph g = new(opset);
        Value x = g.ConvNormRelu(g.Image(), 3, 8);
        Value y = g.ConvNormRelu(x, 8, 12, stride: 2);
        Value[] scores = [.. new[] { (x, 8), (y, 12) }.Select(f => g.Reshape(g.Transpose(g.Conv(f.Item1, f.Item2, 6), 0, 2, 3, 1), 0, -1, 2))];
        Value[] boxes = [.. new[] { (x, 8), (y, 12) }.Select(f => g.Reshape(g.Transpose(g.Conv(f.Item1, f.Item2, 12), 0, 2, 3, 1), 0, -1, 4))];
        Value score = g.Node("Softmax", [g.Node("Concat", scores, ("axis", 1L))], ("axis", 2L));
        Value box = g.Node("Concat", boxes, ("axis", 1L));
        Assert.Equal([8, 12], ChannelCheck.Run(g.Finish(score, box)));
    }

    [Fact]
    public void Channels_last_between_transposes()
    {
        ConvolutionalGraph g = new();
        Value x = g.Graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(8, null), new(8, null), new(3, null)]);
        Value h = g.Relu(g.Node("Add", [g.Transpose(g.Conv(g.Transpose(x, 0, 3, 1, 2), 3, 8, bias: false), 0, 2, 3, 1), g.Weight(8)]));
        h = g.Transpose(g.Conv(g.Transpose(h, 0, 3, 1, 2), 8, 6, stride: 2), 0, 2, 3, 1);
        h = g.Node("MatMul", [g.Reshape(h, -1, 4 * 4 * 6), g.Weight(96, 10)]);
        Assert.Equal([8, 6], ChannelCheck.Run(g.Finish(g.Linear(g.Relu(g.Node("Add", [h, g.Weight(10)])), 10, 4))));
    }

    [Fact]
    public void Packed_gate_and_value_are_split()
    {
        ConvolutionalGraph g = new();
        Value x = g.Graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(5, null), new(6, null)]);
        IReadOnlyList<Value> halves = g.Nodes("Split", [g.Linear(x, 6, 24)], 2, ("axis", -1L));
        Value h = g.Node("Mul", [g.Node("Mul", [halves[0], g.Node("Sigmoid", [halves[0]])]), halves[1]]);
        Value y = g.Linear(h, 12, 6);
        Value packed = g.Linear(y, 6, 20);
        Value gate = g.Node("Slice", [packed, g.Ints(0), g.Ints(10), g.Ints(2)]), value = g.Node("Slice", [packed, g.Ints(10), g.Ints(long.MaxValue), g.Ints(-1)]);
        int[] units = ChannelCheck.Run(g.Finish(g.Linear(g.Node("Mul", [g.Node("Tanh", [gate]), value]), 10, 4)));
        Assert.Equal([12, 10], units);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Normalized_groups_go_whole(bool operators)
    {
        ConvolutionalGraph g = new(operators ? 21 : 13);
        Value x = g.Conv(g.Image(), 3, 12);
        Value y = operators
            ? g.Node("GroupNormalization", [x, g.Weight(12), g.Weight(12)], ("num_groups", 4L))
            : g.Node("Add", [g.Node("Mul", [g.Node("Reshape", [g.Node("InstanceNormalization", [g.Reshape(x, 0, 4, -1), g.Positive(4), g.Weight(4)]), g.Node("Shape", [x])]), g.Weight(12, 1, 1)]), g.Weight(12, 1, 1)]);
        Assert.Equal([4], ChannelCheck.Run(g.Finish(g.Head(g.Relu(y), 12))));
    }

    [Fact]
    public void Weight_used_twice_takes_both_users_along()
    {
        ConvolutionalGraph g = new();
        Value w = g.Weight(8, 8, 3, 3), b = g.Weight(8);
        Value x = g.ConvNormRelu(g.Image(), 3, 8);
        for (int i = 0; i < 2; i++) x = g.Relu(g.Node("Conv", [x, w, b], ("pads", (long[])[1, 1, 1, 1])));
        Assert.Equal([8], ChannelCheck.Run(g.Finish(g.Head(x, 8))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Layers_that_share_vectors_and_targets_lose_channels_of_their_own(bool nodes)
    {
        ConvolutionalGraph g = new();
        Value Shared(TensorData data) => nodes
            ? g.Graph.AddNode("Constant", [], "shared", attributes: new Dictionary<string, AttributeData> { ["value"] = data }).Outputs[0]
            : g.Graph.AddInitializer("shared", data);
        Value bias = Shared(g.Weight(8).Constant!), scale = Shared(g.Weight(8, 1, 1).Constant!), flat = Shared(TensorData.Vector(0, 8, -1)), map = Shared(TensorData.Vector(0, 8, 12, 12));
        Value x = g.Image();
        for (int i = 0; i < 3; i++)
        {
            x = g.Node("Conv", [x, g.Weight(8, i == 0 ? 3 : 8, 3, 3), bias], ("pads", (long[])[1, 1, 1, 1]));
            x = g.Relu(g.Node("Reshape", [g.Node("Reshape", [g.Node("Mul", [x, scale]), flat]), map]));
        }
        Assert.Equal([8, 8, 8], ChannelCheck.Run(g.Finish(g.Head(x, 8))));
    }

    [Theory]
    [InlineData("LSTM", false, 0)]
    [InlineData("LSTM", true, 0)]
    [InlineData("GRU", true, 0)]
    [InlineData("RNN", false, 0)]
    public void Hidden_units_of_a_recurrence_go(string op, bool both, long layout)
    {
        ConvolutionalGraph g = new(14);
        int gates = op switch { "LSTM" => 4, "GRU" => 3, _ => 1 }, d = both ? 2 : 1;
        Value table = g.Weight(9, 6);
        Value ids = g.Graph.AddInput("ids", ElementType.Int64, [new(5, null), new(null, "n")]);
        Value x = g.Node("Gather", [table, ids]);
        Value batch = g.Unsqueeze(g.Size(ids, 1));
        Value state = g.Node("ConstantOfShape", [g.Node("Concat", [g.Ints(d), batch, g.Ints(8)], ("axis", 0L))]);
        Value?[] inputs = [x, g.Weight(d, gates * 8, 6), g.Weight(d, gates * 8, 8), g.Weight(d, 2 * gates * 8), null, state];
        Value y = g.Nodes(op, inputs, 1, ("hidden_size", 8L), ("direction", both ? "bidirectional" : "forward"), ("layout", layout))[0];
        Value last = g.Node("Gather", [g.Reshape(g.Transpose(y, 0, 2, 1, 3), 0, 0, -1), g.Scalar(-1)], ("axis", 0L));
        Assert.Equal([6, 8], ChannelCheck.Run(g.Finish(g.Linear(last, 8 * d, 4))));
    }

    [Fact]
    public void Numbers_of_a_code_are_no_channels_and_columns_of_a_table_are()
    {
        ConvolutionalGraph g = new();
        Value ids = g.Graph.AddInput("ids", ElementType.Int64, [new(null, "n"), new(4, null)]);
        Value code = g.Node("Cast", [g.Node("Equal", [g.Node("Unsqueeze", [ids, g.Ints(2)]), g.Ints(0, 1, 2, 3, 4)])], ("to", 1L));
        Value oneHot = g.Linear(code, 5, 7);
        Value looked = g.Node("Gather", [g.Weight(5, 6), ids]);
        Value sum = g.Node("Add", [oneHot, g.Linear(g.Relu(looked), 6, 7)]);
        // The 7 between linear layers alone are a feed-forward width.
        Assert.Equal([6], ChannelCheck.Run(g.Finish(g.Linear(g.Relu(sum), 7, 3))));
    }

    private static Value Shuffle(ConvolutionalGraph g, Value x, int channels, int groups, bool arithmetic)
    {
        if (!arithmetic) return g.Reshape(g.Transpose(g.Reshape(x, 0, groups, channels / groups, 12, 12), 0, 2, 1, 3, 4), 0, -1, 12, 12);
        Value[] sizes = [.. Enumerable.Range(0, 4).Select(i => g.Size(x, i))];
        Value each = g.Node("Div", [sizes[1], g.Scalar(groups)]);
        Value cut = g.Node("Concat", [g.Unsqueeze(sizes[0]), g.Ints(groups), g.Unsqueeze(each), g.Unsqueeze(sizes[2]), g.Unsqueeze(sizes[3])], ("axis", 0L));
        Value joined = g.Node("Concat", [g.Unsqueeze(sizes[0]), g.Ints(-1), g.Unsqueeze(sizes[2]), g.Unsqueeze(sizes[3])], ("axis", 0L));
        return g.Node("Reshape", [g.Transpose(g.Node("Reshape", [x, cut]), 0, 2, 1, 3, 4), joined]);
    }
}
