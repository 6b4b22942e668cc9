using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>As Paddle2ONNX writes networks: biases added as [1, C, 1, 1], hard-swish in pieces, shapes by Shape, Slice and Concat.</summary>
internal static class PaddleZoo
{
    private const string Producer = "";

    /// <summary>MobileNetV3 with squeeze-and-excite and unfolded normalisation.</summary>
    public static OnnxModel MobileNet()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Input("x", ElementType.Float32, "p2o.0", 3, "p2o.1", "p2o.2");
        x = HardSwish(g, g.Normalize(g.Conv(x, 3, 16, stride: 2, bias: false), 16));
        int from = 16;
        foreach ((int to, bool excite) in new[] { (16, true), (24, false), (24, true) })
        {
            int wide = 3 * from;
            Value y = HardSwish(g, g.Normalize(g.Conv(x, from, wide, 1, bias: false), wide));
            y = HardSwish(g, g.Normalize(g.Conv(y, wide, wide, 5, to == from ? 1 : 2, wide, bias: false), wide));
            if (excite) y = Excite(g, y, wide);
            y = g.Normalize(g.Conv(y, wide, to, 1, bias: false), to);
            x = to == from ? g.Add(x, y) : y;
            from = to;
        }
        x = g.Op("GlobalAveragePool", [HardSwish(g, g.Normalize(g.Conv(x, from, 64, 1, bias: false), 64))]);
        Value rows = g.Join(0, g.Slice(g.Op("Shape", [x]), 0, 0, 1), g.Ints(64));
        x = g.Add(g.Op("MatMul", [g.Op("Reshape", [x, rows]), g.Weight(64, 10)]), g.Weight(10));
        return g.Done(Producer, (g.Softmax(x, 1), ["p2o.3", 10]));
    }

    /// <summary>A text detector: features of three scales, enlarged to sizes that are computed, joined; ConvTranspose to the map.</summary>
    public static OnnxModel Detector()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Input("x", ElementType.Float32, "p2o.0", 3, "p2o.1", "p2o.2");
        Value a = HardSwish(g, g.Normalize(g.Conv(x, 3, 16, stride: 2, bias: false), 16));
        Value b = HardSwish(g, g.Normalize(g.Conv(a, 16, 24, stride: 2, bias: false), 24));
        Value c = HardSwish(g, g.Normalize(g.Conv(b, 24, 32, stride: 2, bias: false), 32));
        Value pc = Lateral(g, c, 32), pb = Lateral(g, b, 24), pa = Lateral(g, a, 16);
        pb = g.Add(pb, To(g, pc, pb));
        pa = g.Add(pa, To(g, pb, pa));
        Value[] parts = [.. new[] { pc, pb, pa }.Select(p => Excited(g, g.Conv(p, 24, 8, bias: false)))];
        Value joined = g.Concat(Enlarge(g, parts[0], 4), Enlarge(g, parts[1], 2), parts[2]);
        Value h = g.Op("Relu", [g.Normalize(g.Conv(joined, 24, 8, bias: false), 8)]);
        h = g.Op("ConvTranspose", [h, g.Weight(8, 8, 2, 2)], ("strides", (long[])[2, 2]));
        h = g.Op("Relu", [g.Normalize(g.Add(h, g.Op("Reshape", [g.Weight(8), g.Ints(1, 8, 1, 1)])), 8)]);
        return g.Done(Producer, (g.Op("Sigmoid", [g.Conv(h, 8, 1, 1)]), ["p2o.3", 1, "p2o.4", "p2o.5"]));

        static Value Lateral(ConvolutionalGraph g, Value x, int from) => Excited(g, g.Conv(x, from, 24, 1, bias: false), 24);
        static Value Excited(ConvolutionalGraph g, Value x, int channels = 8) => g.Add(x, Excite(g, x, channels));
        static Value Enlarge(ConvolutionalGraph g, Value x, int times) =>
            g.Node("Resize", [x, g.Region(), g.Floats(1, 1, times, times)], ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"), ("mode", "nearest"));
        static Value To(ConvolutionalGraph g, Value x, Value like)
        {
            Value shape = g.Op("Shape", [x]);
            Value size = g.Op("Cast", [g.Join(0, g.Slice(shape, 0, 0, 2), g.Op("Cast", [g.Op("Cast", [g.Slice(g.Op("Shape", [like]), 0, 2, 4)], ("to", 6L))], ("to", 7L)))], ("to", 7L));
            return g.Nodes("Resize", [x, g.Region(), g.Graph.AddInitializer("none", TensorData.Of([0], Array.Empty<float>())), size], 1, ("mode", "nearest"))[0];
        }
    }

    /// <summary>A text detector whose features are enlarged by factors, so that only sides that halve four times without rest fit; branches of squeeze-and-excite that are added to what they scale.</summary>
    public static OnnxModel DetectorByFactors()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Input("x", ElementType.Float32, "p2o.0", 3, "p2o.1", "p2o.2");
        List<Value> scales = [];
        int from = 3;
        foreach (int to in (int[])[8, 16, 24, 32])
        {
            x = HardSwish(g, g.Normalize(g.Conv(x, from, to, stride: 2, bias: false), to));
            if (from > 3) scales.Add(Excited(g, g.Conv(x, to, 24, 1, bias: false)));
            from = to;
        }
        for (int i = scales.Count - 2; i >= 0; i--) scales[i] = g.Add(scales[i], Larger(g, scales[i + 1], 2));
        Value joined = g.Concat([.. scales.Select((s, i) => Excited(g, g.Conv(s, 24, 8, bias: false), 8)).Select((s, i) => i == 0 ? s : Larger(g, s, 1 << i)).Reverse()]);
        Value h = g.Op("Relu", [g.Normalize(g.Conv(joined, 24, 8, bias: false), 8)]);
        return g.Done(Producer, (g.Op("Sigmoid", [g.Conv(h, 8, 1, 1)]), ["p2o.3", 1, "p2o.4", "p2o.5"]));

        static Value Excited(ConvolutionalGraph g, Value x, int channels = 24) => g.Add(x, Excite(g, x, channels));
        static Value Larger(ConvolutionalGraph g, Value x, int times) =>
            g.Node("Resize", [x, g.Region(), g.Floats(1, 1, times, times)], ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"), ("mode", "nearest"));
    }

    /// <summary>A text recogniser: convolutions down to height one, sequence by Squeeze and Transpose, mixing blocks with packed heads, class scores per step.</summary>
    public static OnnxModel Recogniser()
    {
        ConvolutionalGraph g = new(11);
        const int Width = 32;
        Value x = g.Input("x", ElementType.Float32, "p2o.0", 3, 16, "p2o.1");
        x = g.Op("Relu", [g.Normalize(g.Conv(x, 3, 16, stride: 2, bias: false), 16)]);
        x = HardSwish(g, g.Normalize(g.Conv(x, 16, 24, bias: false), 24));
        x = g.Op("AveragePool", [g.Silu(g.Normalize(g.Conv(x, 24, Width, 1, bias: false), Width))], ("kernel_shape", (long[])[8, 1]), ("strides", (long[])[8, 1]));
        Value shape = g.Op("Shape", [x]);
        Value t = g.Transpose(g.Op("Reshape", [x, g.Join(0, g.Slice(shape, 0, 0, 1), g.Ints(Width), g.Ints(-1))]), 0, 2, 1);
        for (int i = 0; i < 2; i++)
        {
            Value n = Norm(g, t, Width);
            Value qkv = g.Op("Reshape", [g.Linear(n, Width, 3 * Width), g.Join(0, g.Ints(0), g.Ints(-1), g.Ints(3), g.Ints(4), g.Ints(8))]);
            qkv = g.Transpose(qkv, 2, 0, 3, 1, 4);
            Value[] r = [.. Enumerable.Range(0, 3).Select(k => g.Squeeze(g.Slice(qkv, 0, k, k + 1), 0))];
            Value scores = g.Softmax(g.Op("MatMul", [g.Mul(r[0], g.Floats(0.35f)), g.Transpose(r[1], 0, 1, 3, 2)]), 3);
            Value context = g.Op("Reshape", [g.Transpose(g.Op("MatMul", [scores, r[2]]), 0, 2, 1, 3), g.Ints(0, -1, Width)]);
            t = g.Add(t, g.Linear(context, Width, Width));
            t = g.Add(t, g.Linear(g.Silu(g.Linear(Norm(g, t, Width), Width, 64)), 64, Width));
        }
        return g.Done(Producer, (g.Softmax(g.Linear(Norm(g, t, Width), Width, 40), 2), ["p2o.2", "p2o.3", 40]));
    }

    /// <summary>Normalisation as Paddle writes it: the variance of a Pow, scale and shift reached by Mul and Add.</summary>
    private static Value Norm(ConvolutionalGraph g, Value x, int width)
    {
        Value centred = g.Op("Sub", [x, g.Mean(x, true, -1)]);
        Value variance = g.Mean(g.Op("Pow", [centred, g.Floats(2)]), true, -1);
        return g.Add(g.Mul(g.Op("Div", [centred, g.Op("Sqrt", [g.Add(variance, g.Floats(1e-6f))])]), g.Positive(width)), g.Weight(width));
    }

    private static Value Excite(ConvolutionalGraph g, Value x, int channels)
    {
        Value s = g.Op("GlobalAveragePool", [x]);
        s = g.Add(g.Conv(s, channels, 8, 1, bias: false), g.Op("Reshape", [g.Weight(8), g.Ints(1, 8, 1, 1)]));
        s = g.Add(g.Conv(g.Op("Relu", [s]), 8, channels, 1, bias: false), g.Op("Reshape", [g.Weight(channels), g.Ints(1, channels, 1, 1)]));
        return g.Mul(x, g.Op("HardSigmoid", [s], ("alpha", 0.2f), ("beta", 0.5f)));
    }

    private static Value HardSwish(ConvolutionalGraph g, Value x) => g.Op("Div", [g.Mul(x, g.Clip(g.Add(x, g.Scalar(3f)), 0, 6)), g.Scalar(6f)]);
}
