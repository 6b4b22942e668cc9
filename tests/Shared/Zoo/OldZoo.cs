using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>As CNTK, Caffe2, MXNet, MATLAB and scikit-learn write networks: old opsets, weights reshaped in the graph, explicit pads.</summary>
internal static class OldZoo
{
    /// <summary>CNTK: products as Reshape of both sides, auto_pad, biases [C, 1, 1].</summary>
    public static OnnxModel Cntk()
    {
        ConvolutionalGraph g = new(8);
        Value x = g.Input("Input3", ElementType.Float32, 1, 1, 28, 28);
        x = g.Op("Relu", [g.Add(g.Op("Conv", [x, g.Weight(16, 1, 5, 5)], ("auto_pad", "SAME_UPPER"), ("kernel_shape", (long[])[5, 5])), g.Weight(16, 1, 1))]);
        x = g.Op("MaxPool", [x], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2]), ("auto_pad", "NOTSET"), ("pads", (long[])[0, 0, 0, 0]));
        x = g.Op("Relu", [g.Add(g.Op("Conv", [x, g.Weight(24, 16, 5, 5)], ("auto_pad", "SAME_UPPER"), ("kernel_shape", (long[])[5, 5])), g.Weight(24, 1, 1))]);
        x = g.Op("MaxPool", [x], ("kernel_shape", (long[])[3, 3]), ("strides", (long[])[3, 3]));
        Value h = g.Op("MatMul", [g.Reshape(x, 1, 384), g.Op("Reshape", [g.Weight(24, 4, 4, 32), g.Ints(384, 32)])]);
        h = g.Op("Relu", [g.Add(h, g.Weight(1, 32))]);
        return g.Done("CNTK", (g.Add(g.Op("MatMul", [h, g.Weight(32, 10)]), g.Weight(1, 10)), [1, 10]));
    }

    /// <summary>Caffe2: an Inception block between LRN and pooling, Reshape to rows, Gemm, Softmax.</summary>
    public static OnnxModel Inception()
    {
        ConvolutionalGraph g = new(7);
        Value x = g.Input("data_0", ElementType.Float32, 1, 3, 32, 32);
        x = g.Op("LRN", [g.Pool("MaxPool", g.Op("Relu", [g.Conv(x, 3, 16)]), 2, 2)], ("size", 5L), ("alpha", 1e-4f), ("beta", 0.75f), ("bias", 1f));
        int from = 16;
        for (int i = 0; i < 2; i++)
        {
            Value a = g.Op("Relu", [g.Conv(x, from, 12, 1)]);
            Value b = g.Op("Relu", [g.Conv(g.Op("Relu", [g.Conv(x, from, 12, 1)]), 12, 16)]);
            Value c = g.Op("Relu", [g.Conv(g.Op("Relu", [g.Conv(x, from, 8, 1)]), 8, 12, 5)]);
            Value d = g.Op("Relu", [g.Conv(g.Pool("MaxPool", x, 3, 1, 1), from, 8, 1)]);
            (x, from) = (g.Concat(a, b, c, d), 48);
        }
        x = g.Op("Dropout", [g.Op("AveragePool", [x], ("kernel_shape", (long[])[16, 16]))], ("ratio", 0.4f));
        return g.Done("onnx-caffe2", (g.Softmax(g.Gemm(g.Reshape(x, 1, 48), 48, 10), 1), [1, 10]));
    }

    /// <summary>MXNet: normalised input, pre-activation residuals, PRelu, Flatten, normalised embedding.</summary>
    public static OnnxModel FaceEmbedding()
    {
        ConvolutionalGraph g = new(8);
        Value x = g.Input("data", ElementType.Float32, 1, 3, 32, 32);
        x = g.Mul(g.Op("Sub", [x, g.Constant([1], _ => 127.5f)]), g.Constant([1], _ => 0.0078125f));
        x = PRelu(g, g.Normalize(g.Conv(x, 3, 16, bias: false), 16), 16);
        int from = 16;
        foreach (int to in (int[])[16, 24])
        {
            int stride = from == to ? 1 : 2;
            Value y = PRelu(g, g.Normalize(g.Conv(g.Normalize(x, from), from, to, bias: false), to), to);
            y = g.Normalize(g.Conv(y, to, to, stride: stride, bias: false), to);
            x = g.Add(y, from == to ? x : g.Normalize(g.Conv(x, from, to, 1, stride, bias: false), to));
            from = to;
        }
        x = g.Op("Flatten", [g.Op("Dropout", [g.Normalize(x, from)])]);
        x = g.Gemm(x, from * 16 * 16, 32);
        return g.Done("mxnet", (g.Op("BatchNormalization", [x, g.Positive(32), g.Weight(32), g.Weight(32), g.Positive(32)]), [1, 32]));

        static Value PRelu(ConvolutionalGraph g, Value v, int channels) => g.Op("PRelu", [v, g.Positive(channels, 1, 1)]);
    }

    /// <summary>MATLAB: mean subtracted in the graph, one-sided explicit pads, grouped convolution, Flatten and Gemm; fixed batch.</summary>
    public static OnnxModel Matlab()
    {
        ConvolutionalGraph g = new(9);
        Value x = g.Input("input", ElementType.Float32, 1, 3, 33, 33);
        x = g.Op("Sub", [x, g.Weight(1, 3, 33, 33)]);
        x = g.Op("Relu", [g.Op("Conv", [x, g.Weight(16, 3, 5, 5), g.Weight(16)], ("strides", (long[])[2, 2]), ("pads", (long[])[1, 1, 2, 2]), ("dilations", (long[])[1, 1]), ("kernel_shape", (long[])[5, 5]), ("group", 1L))]);
        x = g.Op("LRN", [x], ("size", 5L), ("alpha", 1e-4f), ("beta", 0.75f), ("bias", 1f));
        x = g.Op("MaxPool", [x], ("kernel_shape", (long[])[3, 3]), ("strides", (long[])[2, 2]), ("pads", (long[])[0, 0, 1, 1]));
        x = g.Op("Relu", [g.Op("Conv", [x, g.Weight(32, 8, 3, 3), g.Weight(32)], ("pads", (long[])[1, 1, 1, 1]), ("group", 2L))]);
        x = g.Op("Flatten", [g.Pool("MaxPool", x, 2, 2)], ("axis", 1L));
        x = g.Op("Dropout", [g.Op("Relu", [g.Op("Gemm", [x, g.Weight(512, 48), g.Weight(48)], ("alpha", 1f), ("beta", 1f), ("transA", 0L), ("transB", 0L))])], ("ratio", 0.5f));
        return g.Done("MATLAB Deep Learning Toolbox Converter for ONNX Model Format", (g.Softmax(g.Op("Gemm", [x, g.Weight(48, 10), g.Weight(10)]), 1), [1, 10]));
    }

    /// <summary>scikit-learn: a scaler, an MLP, the label by ArgMax.</summary>
    public static OnnxModel Perceptron()
    {
        ConvolutionalGraph g = new(15);
        Value x = g.Op("Cast", [g.Input("X", ElementType.Float64, "N", 20)], ("to", 1L));
        x = g.Op("Div", [g.Op("Sub", [x, g.Weight(20)]), g.Positive(20)]);
        x = g.Op("Relu", [g.Linear(x, 20, 40)]);
        x = g.Op("Relu", [g.Add(g.Op("MatMul", [x, g.Weight(40, 40)]), g.Weight(1, 40))]);
        Value scores = g.Softmax(g.Linear(x, 40, 4), -1);
        return g.Done("skl2onnx", (g.Op("ArgMax", [scores], ("axis", 1L), ("keepdims", 0L)), ["N"]), (scores, ["N", 4]));
    }

    /// <summary>VGG as old exporters flatten it: Shape, Gather, Unsqueeze, Concat, Reshape.</summary>
    public static OnnxModel Vgg()
    {
        ConvolutionalGraph g = new(9);
        Value x = g.Image(3, 32);
        int from = 3;
        foreach (int to in (int[])[16, 24, 32])
        {
            x = g.Pool("MaxPool", g.ConvNormRelu(g.ConvNormRelu(x, from, to), to, to), 2, 2);
            from = to;
        }
        x = g.Op("Reshape", [x, g.Sizes(x, 0, -1L)]);
        x = g.Op("Dropout", [g.Op("Relu", [g.Gemm(x, 512, 64)])]);
        return g.Classes("pytorch", g.Gemm(g.Op("Relu", [g.Gemm(x, 64, 48)]), 48, 10), 10);
    }
}
