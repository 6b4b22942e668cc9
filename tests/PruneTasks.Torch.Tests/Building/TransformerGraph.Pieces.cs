using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Blocks, feed-forward parts, and operators in the form that the opset of the model demands.</summary>
internal sealed partial class TransformerGraph
{
    private bool _shifted;

    private Value Block(Value x)
    {
        switch (_form.Block)
        {
            case BlockForm.StreamSecond:
                x = Add(Attention(Norm(x)), x);
                return Add(FeedForward(Norm(x)), x);
            case BlockForm.PostNorm:
                x = Norm(Add(x, Attention(x)));
                return Norm(Add(x, FeedForward(x)));
            case BlockForm.LayerScale:
                x = Add(x, Op("Mul", [Attention(Norm(x)), Weight(Width)]));
                return Add(x, Op("Mul", [Weight(Width), Op("Dropout", [FeedForward(Norm(x))])]));
            case BlockForm.Parallel:
                Value y = Norm(x);
                return Add(Add(Attention(y), FeedForward(y)), x);
            default:
                x = Add(x, Attention(Norm(x)));
                return Add(x, FeedForward(Norm(x)));
        }
    }

    private Value FeedForward(Value x)
    {
        bool rows = _form.FeedForward is FeedForwardForm.GemmScaled or FeedForwardForm.Rows;
        Value shape = Op("Shape", [x]);
        if (rows) x = Op("Reshape", [x, Ints(-1, Width)]);
        Value Up() => _form.FeedForward switch
        {
            FeedForwardForm.GemmScaled => Op("Gemm", [x, Weight(Hidden, Width), Weight(Hidden)], ("transB", 1L), ("alpha", 0.5f), ("beta", 2f)),
            FeedForwardForm.Rows => Add(Back(Op("MatMul", [x, Weight(Width, Hidden)]), Hidden), Weight(Hidden)),
            _ => Linear(x, Width, Hidden, bias: _form.FeedForward != FeedForwardForm.Gated),
        };
        Value Back(Value y, int width) => Op("Reshape", [y, Op("Concat", [Op("Gather", [shape, Ints(0, 1)], ("axis", 0L)), Ints(width)], ("axis", 0L))]);
        Value h = Up();
        h = _form.FeedForward switch
        {
            FeedForwardForm.Gated => Op("Mul", [Op("Mul", [h, Op("Sigmoid", [h])]), Up()]),
            FeedForwardForm.Tanh => Op("Mul", [Op("Mul", [Scalar(0.5f), h]), Op("Add", [Scalar(1), Op("Tanh", [Op("Mul", [Op("Add", [h, Op("Mul", [Op("Pow", [h, Scalar(3)]), Scalar(0.044715f)])]), Scalar(0.7978846f)])])])]),
            FeedForwardForm.Quick => Op("Mul", [h, Op("Sigmoid", [Op("Mul", [h, Scalar(1.702f)])])]),
            FeedForwardForm.GeluOperator => Op("Gelu", [h], ("approximate", "tanh")),
            FeedForwardForm.Dropout => Op("Dropout", [Op("Relu", [Op("Identity", [h])])]),
            _ => Op("Mul", [Op("Mul", [h, Op("Add", [Op("Erf", [Op("Div", [h, Scalar(1.41421356f)])]), Scalar(1)])]), Scalar(0.5f)]),
        };
        if (_form.FeedForward == FeedForwardForm.Rows) return Add(Back(Op("MatMul", [Op("Reshape", [h, Ints(-1, Hidden)]), Weight(Hidden, Width)]), Width), Weight(Width));
        if (_form.FeedForward == FeedForwardForm.GemmScaled) return Back(Op("Gemm", [h, Weight(Hidden, Width), Weight(Width)], ("alpha", 1.5f)), Width);
        return Linear(_form.FeedForward == FeedForwardForm.Dropout ? Op("Identity", [h]) : h, Hidden, Width, bias: true);
    }

    private Value Head(Value x) => Permute(Op("Reshape", [x, Ints(0, Tokens, Heads, HeadSize)]), 0, 2, 1, 3);

    private Value Merge(Value context, bool bias) => Linear(Op("Reshape", [Permute(context, 0, 2, 1, 3), Ints(0, Tokens, Width)]), Width, Width, bias);

    private Value Softmax(Value scores) => Op("Softmax", [scores], ("axis", _form.Opset < 13 ? (_style == TransformerStyle.PackedSeqFirst ? 2L : 3L) : -1L));

    private Value Norm(Value x)
    {
        Value scale = _graph.AddInitializer("scale", TensorData.Of([Width], [.. Enumerable.Repeat(1f, Width)])), shift = Weight(Width);
        if (_form.Block == BlockForm.BatchNorm)
            return Permute(Op("BatchNormalization", [Permute(x, 0, 2, 1), scale, shift, Weight(Width), scale]), 0, 2, 1);
        if (_form.Opset >= 17) return Op("LayerNormalization", [x, scale, shift], ("axis", -1L));
        Value centred = Op("Sub", [x, Mean(x, -1, keep: true)]);
        Value deviation = Op("Sqrt", [Op("Add", [Mean(Op("Pow", [centred, Scalar(2)]), -1, keep: true), Scalar(1e-5f)])]);
        return Op("Add", [Op("Mul", [Op("Div", [centred, deviation]), scale]), shift]);
    }

    private Value Add(Value a, Value b) => Op("Add", [a, b]);

    private Value Linear(Value x, int from, int to, bool bias)
    {
        if (_style == TransformerStyle.Dynamo && bias) return DynamoLinear(x, from, to);
        Value y = Op("MatMul", [x, Weight(from, to)]);
        return bias ? Op("Add", [y, Weight(to)]) : y;
    }

    private Value Mean(Value x, long axis, bool keep = false) => _form.Opset >= 18
        ? Op("ReduceMean", [x, Ints(axis)], ("keepdims", keep ? 1L : 0L))
        : Op("ReduceMean", [x], ("axes", new[] { axis }), ("keepdims", keep ? 1L : 0L));

    private Value Unsqueeze(Value x, params long[] axes) => _form.Opset >= 13 ? Op("Unsqueeze", [x, Ints(axes)]) : Op("Unsqueeze", [x], ("axes", axes));

    private Value Squeeze(Value x, params long[] axes) => _form.Opset >= 13 ? Op("Squeeze", [x, Ints(axes)]) : Op("Squeeze", [x], ("axes", axes));

    private Value[] SplitIn3(Value x, long axis, long size)
    {
        Node node = _form.Opset switch
        {
            < 13 => _graph.AddNode("Split", [x], "part", outputs: 3, attributes: Attributes(("axis", axis), ("split", new[] { size, size, size }))),
            < 18 => _graph.AddNode("Split", [x, Ints(size, size, size)], "part", outputs: 3, attributes: Attributes(("axis", axis))),
            _ => _graph.AddNode("Split", [x], "part", outputs: 3, attributes: Attributes(("axis", axis), ("num_outputs", 3L))),
        };
        return [.. node.Outputs];
    }

    private Value Slice(Value x, long start, long end, long axis) => _form.Opset >= 10
        ? Op("Slice", [x, Ints(start), Ints(end), Ints(axis)])
        : Op("Slice", [x], ("starts", new[] { start }), ("ends", new[] { end }), ("axes", new[] { axis }));

    private Value Permute(Value x, params long[] perm) => Op("Transpose", [x], ("perm", perm));

    private Value Joined(params Value[] parts) => Op("Concat", parts, ("axis", 0L));

    private Value Size(Value x, long axis) => Op("Gather", [Op("Shape", [x]), ScalarInt(axis)], ("axis", 0L));

    private Value Weight(params int[] shape)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        int fan = shape.Length < 3 ? shape[0] : Width;
        for (int i = 0; i < values.Length; i++) values[i] = (float)((_random.NextDouble() * 2) - 1) * (shape.Length == 1 ? 0.3f : 1.2f / MathF.Sqrt(fan));
        return _graph.AddInitializer("w", TensorData.Of([.. shape.Select(s => (long)s)], values));
    }

    private Value Scalar(float value) => _graph.AddInitializer("c", TensorData.Of([], value));

    private Value ScalarInt(long value) => _graph.AddInitializer("i", TensorData.Of([], value));

    private Value Ints(params long[] values) => _graph.AddInitializer("ints", TensorData.Vector(values));

    private Value Op(string op, Value[] inputs, params (string, AttributeData)[] attributes) =>
        _graph.AddNode(op, inputs, op.ToLowerInvariant(), attributes: Attributes(attributes)).Outputs[0];

    private static Dictionary<string, AttributeData> Attributes(params (string Name, AttributeData Value)[] attributes) => attributes.ToDictionary(a => a.Name, a => a.Value);
}
