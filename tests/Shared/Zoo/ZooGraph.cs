using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Pieces of networks, each written in the form that the opset demands.</summary>
internal static class ZooGraph
{
    public static Value Op(this ConvolutionalGraph g, string op, Value[] inputs, params (string, AttributeData)[] attributes) => g.Node(op, inputs, attributes);

    public static Value Floats(this ConvolutionalGraph g, params float[] values) => g.Graph.AddInitializer("c", TensorData.Of([values.Length], values));

    public static Value Scalar(this ConvolutionalGraph g, float value) => g.Graph.AddInitializer("c", TensorData.Of([], value));

    /// <summary>The region input of Resize, which opset 11 demands and nobody uses.</summary>
    public static Value Region(this ConvolutionalGraph g) => g.Graph.AddInitializer("roi", TensorData.Of([0], Array.Empty<float>()));

    public static Value Input(this ConvolutionalGraph g, string name, ElementType type, params object[] axes) =>
        g.Graph.AddInput(name, type, [.. axes.Select(a => a is string symbol ? new Axis(null, symbol) : new Axis((int)a, null))]);

    public static Value Tokens(this ConvolutionalGraph g, string name = "input_ids", object? length = null) => g.Input(name, ElementType.Int64, "batch", length ?? "sequence");

    public static OnnxModel Done(this ConvolutionalGraph g, string producer, params (Value Value, object[]? Axes)[] outputs)
    {
        foreach ((Value value, object[]? axes) in outputs)
            g.Graph.AddOutput(value, value.Producer?.OpType == "ArgMax" ? ElementType.Int64 : ElementType.Float32, axes is null ? null : [.. axes.Select(a => a is string symbol ? new Axis(null, symbol) : new Axis((int)a, null))]);
        return OnnxModel.Create(g.Graph, g.Opset, g.Opset switch { < 9 => 3, < 13 => 6, _ => 8 }, producer);
    }

    /// <summary>One output, [batch, classes].</summary>
    public static OnnxModel Classes(this ConvolutionalGraph g, string producer, Value scores, int classes) => g.Done(producer, (scores, ["batch", classes]));

    public static Value Mean(this ConvolutionalGraph g, Value x, bool keep, params long[] axes) => g.Opset >= 18
        ? g.Op("ReduceMean", [x, g.Ints(axes)], ("keepdims", keep ? 1L : 0L))
        : g.Op("ReduceMean", [x], ("axes", axes), ("keepdims", keep ? 1L : 0L));

    public static Value Unsqueeze(this ConvolutionalGraph g, Value x, params long[] axes) => g.Opset >= 13 ? g.Op("Unsqueeze", [x, g.Ints(axes)]) : g.Op("Unsqueeze", [x], ("axes", axes));

    public static Value Squeeze(this ConvolutionalGraph g, Value x, params long[] axes) => g.Opset >= 13 ? g.Op("Squeeze", [x, g.Ints(axes)]) : g.Op("Squeeze", [x], ("axes", axes));

    public static Value Slice(this ConvolutionalGraph g, Value x, long axis, long start, long end, long step = 1) => g.Opset >= 10
        ? g.Op("Slice", step == 1 ? [x, g.Ints(start), g.Ints(end), g.Ints(axis)] : [x, g.Ints(start), g.Ints(end), g.Ints(axis), g.Ints(step)])
        : g.Op("Slice", [x], ("starts", (long[])[start]), ("ends", (long[])[end]), ("axes", (long[])[axis]));

    public static Value[] Split(this ConvolutionalGraph g, Value x, long axis, params long[] sizes) => g.Opset >= 13
        ? [.. g.Nodes("Split", [x, g.Ints(sizes)], sizes.Length, ("axis", axis))]
        : [.. g.Nodes("Split", [x], sizes.Length, ("axis", axis), ("split", sizes))];

    public static Value Clip(this ConvolutionalGraph g, Value x, float low, float high) => g.Opset >= 11
        ? g.Op("Clip", [x, g.Scalar(low), g.Scalar(high)])
        : g.Op("Clip", [x], ("min", low), ("max", high));

    public static Value Pad(this ConvolutionalGraph g, Value x, params long[] pads) => g.Opset >= 11
        ? g.Op("Pad", [x, g.Ints(pads), g.Scalar(0f)])
        : g.Op("Pad", [x], ("pads", pads), ("mode", "constant"), ("value", 0f));

    public static Value Softmax(this ConvolutionalGraph g, Value x, long axis) => g.Op("Softmax", [x], ("axis", axis));

    public static Value Join(this ConvolutionalGraph g, long axis, params Value[] parts) => g.Op("Concat", parts, ("axis", axis));

    public static Value At(this ConvolutionalGraph g, Value x, long axis, long index) => g.Op("Gather", [x, g.Scalar(index)], ("axis", axis));

    public static Value Sizes(this ConvolutionalGraph g, Value x, params object[] parts) =>
        g.Join(0, [.. parts.Select(p => p is int axis ? g.Unsqueeze(g.Size(x, axis), 0L) : g.Ints((long)p))]);

    public static Value Add(this ConvolutionalGraph g, Value a, Value b) => g.Op("Add", [a, b]);

    public static Value Mul(this ConvolutionalGraph g, Value a, Value b) => g.Op("Mul", [a, b]);

    public static Value Silu(this ConvolutionalGraph g, Value x) => g.Mul(x, g.Op("Sigmoid", [x]));

    public static Value Gelu(this ConvolutionalGraph g, Value x) =>
        g.Mul(g.Mul(x, g.Add(g.Op("Erf", [g.Op("Div", [x, g.Scalar(1.4142135f)])]), g.Scalar(1f))), g.Scalar(0.5f));

    public static Value Pool(this ConvolutionalGraph g, string op, Value x, int kernel, int stride, int pad = 0) =>
        g.Op(op, [x], ("kernel_shape", (long[])[kernel, kernel]), ("strides", (long[])[stride, stride]), ("pads", (long[])[pad, pad, pad, pad]));

    /// <summary>LayerNormalization over the last axis: the operator from opset 17 on, written out before.</summary>
    public static Value LayerNorm(this ConvolutionalGraph g, Value x, int width)
    {
        Value scale = g.Positive(width), shift = g.Weight(width);
        if (g.Opset >= 17) return g.Op("LayerNormalization", [x, scale, shift], ("axis", -1L), ("epsilon", 1e-5f));
        Value centred = g.Op("Sub", [x, g.Mean(x, true, -1)]);
        Value deviation = g.Op("Sqrt", [g.Add(g.Mean(g.Op("Pow", [centred, g.Scalar(2f)]), true, -1), g.Scalar(1e-5f))]);
        return g.Add(g.Mul(g.Op("Div", [centred, deviation]), scale), shift);
    }

    public static Value Conv1(this ConvolutionalGraph g, Value x, int from, int to, int kernel, int stride = 1, int group = 1, int dilation = 1, int? pad = null)
    {
        long p = pad ?? kernel / 2 * dilation;
        return g.Op("Conv", [x, g.Weight(to, from / group, kernel), g.Weight(to)], ("pads", (long[])[p, p]), ("strides", (long[])[stride]), ("group", (long)group), ("dilations", (long[])[dilation]));
    }

    /// <summary>Dense layer on the last axis, as PyTorch's old exporter writes it.</summary>
    public static Value Dense(this ConvolutionalGraph g, Value x, int from, int to, bool bias = true) =>
        bias ? g.Add(g.Weight(to), g.Op("MatMul", [x, g.Weight(from, to)])) : g.Op("MatMul", [x, g.Weight(from, to)]);

    /// <summary>[B, T, H·d] → [B, H, T, d], sizes from Shape.</summary>
    public static Value Heads(this ConvolutionalGraph g, Value x, int heads, int size) => g.Transpose(g.Op("Reshape", [x, g.Sizes(x, 0, 1, (long)heads, (long)size)]), 0, 2, 1, 3);

    /// <summary>Softmax(q·kᵀ·s + mask)·v, merged to [B, T, H·d].</summary>
    public static Value Attend(this ConvolutionalGraph g, Value q, Value k, Value v, int size, int width, Value? mask = null)
    {
        Value scores = g.Op("Div", [g.Op("MatMul", [q, g.Transpose(k, 0, 1, 3, 2)]), g.Scalar(MathF.Sqrt(size))]);
        if (mask is not null) scores = g.Add(scores, mask);
        Value context = g.Transpose(g.Op("MatMul", [g.Softmax(scores, g.Opset >= 13 ? -1 : 3), v]), 0, 2, 1, 3);
        return g.Op("Reshape", [context, g.Sizes(context, 0, 1, (long)width)]);
    }
}
