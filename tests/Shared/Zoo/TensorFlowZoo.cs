using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>As tf2onnx, keras2onnx and their optimisers leave networks: channels last, Transpose around operators that want them first, row-wise layers.</summary>
internal static class TensorFlowZoo
{
    private const string Producer = "tf2onnx";

    /// <summary>Every convolution between two Transposes, bias and folded normalisation channels last, TensorFlow's one-sided padding.</summary>
    public static OnnxModel ChannelsLast()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Input("input_1", ElementType.Float32, "unk__1", 32, 32, 3);
        int from = 3;
        foreach ((int to, int stride) in new[] { (16, 1), (24, 2), (32, 2) })
        {
            if (stride == 2) x = g.Pad(x, 0, 0, 0, 0, 0, 1, 1, 0);
            x = g.Transpose(g.Op("Conv", [g.Transpose(x, 0, 3, 1, 2), g.Weight(to, from, 3, 3)], ("strides", (long[])[stride, stride]), ("pads", stride == 2 ? (long[])[0, 0, 0, 0] : [1, 1, 1, 1])), 0, 2, 3, 1);
            x = g.Add(g.Mul(g.Add(x, g.Weight(to)), g.Positive(1, 1, 1, to)), g.Weight(to));
            x = g.Op("Relu", [x]);
            from = to;
        }
        x = g.Transpose(g.Pool("MaxPool", g.Transpose(x, 0, 3, 1, 2), 2, 2), 0, 2, 3, 1);
        x = g.Op("Reshape", [x, g.Ints(-1, 4 * 4 * from)]);
        x = g.Op("Relu", [g.Linear(x, 4 * 4 * from, 48)]);
        return g.Classes(Producer, g.Softmax(g.Linear(x, 48, 10), 1), 10);
    }

    /// <summary>MobileNetV2: one Transpose at the entry, Clip to 6, bias and normalisation folded, Squeeze of the mean.</summary>
    public static OnnxModel InvertedResiduals()
    {
        ConvolutionalGraph g = new(13);
        Value x = g.Transpose(g.Input("image", ElementType.Float32, "unk__1", 32, 32, 3), 0, 3, 1, 2);
        x = Relu6(g, g.Conv(x, 3, 16, stride: 2));
        int from = 16;
        foreach ((int to, int stride) in new[] { (16, 1), (24, 2), (24, 1) })
        {
            Value y = Relu6(g, g.Conv(x, from, 4 * from, 1));
            y = Relu6(g, g.Conv(y, 4 * from, 4 * from, 3, stride, 4 * from));
            y = g.Conv(y, 4 * from, to, 1);
            x = from == to && stride == 1 ? g.Add(x, y) : y;
            from = to;
        }
        x = Relu6(g, g.Conv(x, from, 64, 1));
        x = g.Squeeze(g.Mean(g.Transpose(x, 0, 2, 3, 1), true, 1, 2), 1, 2);
        return g.Classes(Producer, g.Softmax(g.Linear(x, 64, 10), 1), 10);
    }

    /// <summary>EfficientNet: swish, squeeze-and-excite by Reshape channels last, rescaling and normalising inside the model.</summary>
    public static OnnxModel SqueezeExcite()
    {
        ConvolutionalGraph g = new(13);
        Value x = g.Input("input_2", ElementType.Float32, "unk__3", 32, 32, 3);
        x = g.Op("Sub", [g.Mul(x, g.Scalar(1 / 255f)), g.Constant([1, 1, 1, 3], i => 0.4f + (0.02f * i))]);
        x = g.Silu(g.Conv(g.Transpose(x, 0, 3, 1, 2), 3, 16, stride: 2));
        int from = 16;
        foreach ((int to, int stride) in new[] { (16, 1), (24, 2), (24, 1) })
        {
            int wide = 3 * from;
            Value y = g.Silu(g.Conv(x, from, wide, 1));
            y = g.Silu(g.Conv(y, wide, wide, 3, stride, wide));
            Value s = g.Op("Reshape", [g.Squeeze(g.Op("GlobalAveragePool", [y]), 2, 3), g.Ints(-1, 1, 1, wide)]);
            s = g.Silu(g.Conv(g.Transpose(s, 0, 3, 1, 2), wide, 8, 1));
            y = g.Mul(g.Op("Sigmoid", [g.Conv(s, 8, wide, 1)]), y);
            y = g.Conv(y, wide, to, 1);
            x = from == to && stride == 1 ? g.Add(y, x) : y;
            from = to;
        }
        x = g.Squeeze(g.Op("GlobalAveragePool", [g.Silu(g.Conv(x, from, 64, 1))]), 2, 3);
        return g.Classes(Producer, g.Softmax(g.Linear(x, 64, 10), 1), 10);
    }

    /// <summary>Keras: Embedding, Conv1D as a convolution of height one, two-way LSTM, dense layers.</summary>
    public static OnnxModel ConvolutionAndLstm()
    {
        ConvolutionalGraph g = new(12);
        Value ids = g.Input("embedding_input", ElementType.Int32, "N", 24);
        Value x = g.Op("Gather", [g.Weight(60, 24), ids]);
        x = g.Transpose(g.Unsqueeze(x, 1), 0, 3, 1, 2);
        x = g.Op("Conv", [x, g.Weight(32, 24, 1, 5)], ("pads", (long[])[0, 2, 0, 2]));
        x = g.Op("Relu", [g.Add(g.Squeeze(g.Transpose(x, 0, 2, 3, 1), 1), g.Weight(32))]);
        Value y = g.Nodes("LSTM", [g.Transpose(x, 1, 0, 2), g.Weight(2, 64, 32), g.Weight(2, 64, 16), g.Weight(2, 128)], 3, ("hidden_size", 16L), ("direction", "bidirectional"))[1];
        y = g.Op("Reshape", [g.Transpose(y, 1, 0, 2), g.Ints(-1, 32)]);
        y = g.Op("Relu", [g.Linear(y, 32, 24)]);
        return g.Classes("keras2onnx", g.Op("Sigmoid", [g.Linear(y, 24, 3)]), 3);
    }

    /// <summary>BERT of TensorFlow: rows [B·T, E], normalisation as x·s + (β − μ·s) with Reciprocal, GELU by Erf, heads by Reshape.</summary>
    public static OnnxModel Bert()
    {
        ConvolutionalGraph g = new(12);
        const int Width = 32, Length = 12;
        Value ids = g.Input("input_ids", ElementType.Int32, "unk__1", Length), mask = g.Input("input_mask", ElementType.Int32, "unk__1", Length);
        Value m = g.Mul(g.Op("Sub", [g.Scalar(1f), g.Op("Cast", [g.Op("Reshape", [mask, g.Ints(-1, 1, 1, Length)])], ("to", 1L))]), g.Scalar(-10000f));
        Value x = g.Add(g.Op("Gather", [g.Weight(50, Width), ids]), g.Weight(1, Length, Width));
        x = Normalize(g, g.Op("Reshape", [x, g.Ints(-1, Width)]), Width);
        for (int i = 0; i < 2; i++)
        {
            Value q = Head(g, x), k = Head(g, x), v = Head(g, x);
            Value scores = g.Add(g.Mul(g.Op("MatMul", [g.Transpose(q, 0, 2, 1, 3), g.Transpose(k, 0, 2, 3, 1)]), g.Scalar(0.3535f)), m);
            Value context = g.Op("MatMul", [g.Softmax(scores, 3), g.Transpose(v, 0, 2, 1, 3)]);
            context = g.Op("Reshape", [g.Transpose(context, 0, 2, 1, 3), g.Ints(-1, Width)]);
            x = Normalize(g, g.Add(g.Linear(context, Width, Width), x), Width);
            x = Normalize(g, g.Add(g.Linear(g.Gelu(g.Linear(x, Width, 96)), 96, Width), x), Width);
        }
        Value first = g.Squeeze(g.Slice(g.Op("Reshape", [x, g.Ints(-1, Length, Width)]), 1, 0, 1), 1);
        return g.Classes(Producer, g.Linear(g.Op("Tanh", [g.Linear(first, Width, Width)]), Width, 4), 4);

        static Value Head(ConvolutionalGraph g, Value rows) => g.Op("Reshape", [g.Linear(rows, Width, Width), g.Ints(-1, Length, 4, 8)]);
    }

    private static Value Normalize(ConvolutionalGraph g, Value x, int width)
    {
        Value mean = g.Mean(x, true, -1), centred = g.Op("Sub", [x, mean]);
        Value scale = g.Mul(g.Op("Reciprocal", [g.Op("Sqrt", [g.Add(g.Mean(g.Mul(centred, centred), true, -1), g.Scalar(1e-12f))])]), g.Positive(width));
        return g.Add(g.Mul(x, scale), g.Op("Sub", [g.Weight(width), g.Mul(mean, scale)]));
    }

    private static Value Relu6(ConvolutionalGraph g, Value x) => g.Op("Min", [g.Op("Max", [x, g.Scalar(0f)]), g.Scalar(6f)]);
}
