using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Transformers over images as PyTorch's exporters write them.</summary>
internal static class TorchAttentionZoo
{
    private const string Producer = "pytorch";

    /// <summary>
    /// DeiT: patches by Conv, Flatten, Transpose; class and distillation token by Expand and Concat; packed attention. <paramref name="open"/>: every axis of the image is
    /// left open, colours too, although positions were learned for one size.
    /// </summary>
    public static OnnxModel Deit(int width = 32, int heads = 4, int layers = 2, int size = 32, int patch = 8, int classes = 10, bool open = false)
    {
        ConvolutionalGraph g = new(17);
        Value x = g.Op("Conv", [open ? g.Input("pixel_values", ElementType.Float32, "batch_size", "num_channels", "height", "width") : g.Image(3, size), g.Weight(width, 3, patch, patch), g.Weight(width)], ("strides", (long[])[patch, patch]), ("kernel_shape", (long[])[patch, patch]));
        Value shape = g.Op("Shape", [x]);
        x = g.Transpose(g.Op("Reshape", [x, g.Join(0, g.Slice(shape, 0, 0, 2), g.Ints(-1))]), 0, 2, 1);
        Value batch = g.Unsqueeze(g.At(shape, 0, 0), 0L);
        Value[] marks = [.. Enumerable.Range(0, 2).Select(_ => g.Op("Expand", [g.Weight(1, 1, width), g.Join(0, batch, g.Ints(-1, -1)) is var e ? g.Op("Where", [g.Op("Equal", [e, g.Ints(-1, -1, -1)]), g.Ints(1, 1, width), e]) : e]))];
        x = g.Add(g.Join(1, marks[0], marks[1], x), g.Weight(1, (size / patch * (size / patch)) + 2, width));
        int each = width / heads;
        for (int i = 0; i < layers; i++)
        {
            Value qkv = g.Op("Reshape", [g.Dense(g.LayerNorm(x, width), width, 3 * width), g.Sizes(x, 0, 1, 3L, (long)heads, (long)each)]);
            qkv = g.Transpose(qkv, 2, 0, 3, 1, 4);
            Value scores = g.Mul(g.Op("MatMul", [g.At(qkv, 0, 0), g.Transpose(g.At(qkv, 0, 1), 0, 1, 3, 2)]), g.Scalar(1 / MathF.Sqrt(each)));
            Value context = g.Transpose(g.Op("MatMul", [g.Softmax(scores, -1), g.At(qkv, 0, 2)]), 0, 2, 1, 3);
            x = g.Add(x, g.Dense(g.Op("Reshape", [context, g.Sizes(x, 0, 1, (long)width)]), width, width));
            x = g.Add(x, g.Dense(g.Gelu(g.Dense(g.LayerNorm(x, width), width, 4 * width)), 4 * width, width));
        }
        x = g.LayerNorm(x, width);
        Value scores2 = g.Op("Div", [g.Add(g.Gemm(g.At(x, 1, 0), width, classes), g.Gemm(g.At(x, 1, 1), width, classes)), g.Scalar(2f)]);
        return g.Classes(Producer, scores2, classes);
    }

    /// <summary>Swin: windows, a shift, relative position bias by Gather, window mask, patch merging by strided slices.</summary>
    public static OnnxModel Swin()
    {
        ConvolutionalGraph g = new(13);
        int width = 24, side = 8;
        Value x = g.Op("Conv", [g.Image(3, 32), g.Weight(width, 3, 4, 4), g.Weight(width)], ("strides", (long[])[4, 4]));
        x = g.LayerNorm(g.Transpose(g.Reshape(x, 0, width, -1), 0, 2, 1), width);
        for (int stage = 0; stage < 2; stage++)
        {
            for (int b = 0; b < 2; b++) x = Block(x, b == 1);
            if (stage == 1) break;
            Value grid = g.Reshape(x, -1, side, side, width);
            Value Every(long row, long column) => g.Slice(g.Slice(grid, 1, row, long.MaxValue, 2), 2, column, long.MaxValue, 2);
            Value merged = g.Reshape(g.Join(-1, Every(0, 0), Every(1, 0), Every(0, 1), Every(1, 1)), -1, side * side / 4, 4 * width);
            x = g.Dense(g.LayerNorm(merged, 4 * width), 4 * width, 2 * width, bias: false);
            (width, side) = (2 * width, side / 2);
        }
        return g.Classes(Producer, g.Gemm(g.Mean(g.LayerNorm(x, width), false, 1), width, 10), 10);

        Value Block(Value x, bool shift)
        {
            const int W = 4;
            int n = side / W, heads = width / 12;
            Value grid = g.Reshape(g.LayerNorm(x, width), -1, side, side, width);
            if (shift) grid = Roll(Roll(grid, 1, 2, 2), 2, 2, 2);
            Value windows = g.Reshape(g.Transpose(g.Reshape(grid, -1, n, W, n, W, width), 0, 1, 3, 2, 4, 5), -1, W * W, width);
            Value qkv = g.Transpose(g.Reshape(g.Dense(windows, width, 3 * width), -1, W * W, 3, heads, 12), 2, 0, 3, 1, 4);
            Value table = g.Op("Gather", [g.Weight(49, heads), g.Graph.AddInitializer("index", TensorData.Of([256], [.. Enumerable.Range(0, 256).Select(i => (long)(i * 7 % 49))]))]);
            Value bias = g.Unsqueeze(g.Transpose(g.Reshape(table, 16, 16, heads), 2, 0, 1), 0L);
            Value scores = g.Add(g.Op("MatMul", [g.Mul(g.At(qkv, 0, 0), g.Scalar(0.288f)), g.Transpose(g.At(qkv, 0, 1), 0, 1, 3, 2)]), bias);
            if (shift) scores = g.Reshape(g.Add(g.Reshape(scores, -1, n * n, heads, 16, 16), g.Constant([1, n * n, 1, 16, 16], i => i % 3 == 0 ? -100 : 0)), -1, heads, 16, 16);
            Value context = g.Reshape(g.Transpose(g.Op("MatMul", [g.Softmax(scores, -1), g.At(qkv, 0, 2)]), 0, 2, 1, 3), -1, 16, width);
            grid = g.Reshape(g.Transpose(g.Reshape(g.Dense(context, width, width), -1, n, n, W, W, width), 0, 1, 3, 2, 4, 5), -1, side, side, width);
            if (shift) grid = Roll(Roll(grid, 1, side - 2, side - 2), 2, side - 2, side - 2);
            x = g.Add(x, g.Reshape(grid, -1, side * side, width));
            return g.Add(x, g.Dense(g.Gelu(g.Dense(g.LayerNorm(x, width), width, 2 * width)), 2 * width, width));
        }

        Value Roll(Value y, long axis, long by, long end) => g.Join(axis, g.Slice(y, axis, by, long.MaxValue), g.Slice(y, axis, 0, end));
    }

    /// <summary>SegFormer: attention whose keys and values see a smaller map, a depthwise convolution inside the feed-forward layer, features joined.</summary>
    public static OnnxModel SegFormer()
    {
        ConvolutionalGraph g = new(13);
        const int Width = 32;
        Value x = g.Conv(g.Image(3, 32), 3, Width, 7, 4);
        x = g.LayerNorm(g.Transpose(g.Reshape(x, 0, Width, 64), 0, 2, 1), Width);
        for (int i = 0; i < 2; i++)
        {
            Value n = g.LayerNorm(x, Width);
            Value q = g.Heads(g.Dense(n, Width, Width), 2, 16);
            Value small = g.Op("Conv", [Map(n, Width), g.Weight(Width, Width, 2, 2), g.Weight(Width)], ("strides", (long[])[2, 2]));
            small = g.LayerNorm(g.Transpose(g.Op("Reshape", [small, g.Sizes(small, 0, 1, -1L)]), 0, 2, 1), Width);
            x = g.Add(x, g.Dense(g.Attend(q, g.Heads(g.Dense(small, Width, Width), 2, 16), g.Heads(g.Dense(small, Width, Width), 2, 16), 16, Width), Width, Width));
            Value h = g.Conv(Map(g.Dense(g.LayerNorm(x, Width), Width, 64), 64), 64, 64, group: 64);
            x = g.Add(x, g.Dense(g.Gelu(g.Transpose(g.Op("Reshape", [h, g.Sizes(h, 0, 1, -1L)]), 0, 2, 1)), 64, Width));
        }
        Value map = Map(g.LayerNorm(x, Width), Width);
        Value joined = g.ConvNormRelu(g.Concat(map, g.ConvNormRelu(map, Width, 24)), Width + 24, 32, 1);
        Value big = g.Nodes("Resize", [g.Conv(joined, 32, 5, 1), null, g.Floats(1, 1, 4, 4)], 1, ("mode", "linear"), ("coordinate_transformation_mode", "pytorch_half_pixel"))[0];
        return g.Done(Producer, (big, ["n", 5, 32, 32]));

        Value Map(Value rows, int channels) => g.Op("Reshape", [g.Transpose(rows, 0, 2, 1), g.Sizes(rows, 0, (long)channels, 8L, 8L)]);
    }

    /// <summary>Two towers, text and images; features of unit length, their product scaled.</summary>
    public static OnnxModel Clip()
    {
        ConvolutionalGraph g = new(14);
        const int Width = 32;
        Value ids = g.Tokens(length: 8), image = g.Input("pixel_values", ElementType.Float32, "images", 3, 16, 16);
        Value t = g.Add(g.Op("Gather", [g.Weight(40, Width), ids]), g.Weight(8, Width));
        t = Layer(t, g.Constant([1, 1, 8, 8], i => i % 8 <= i / 8 % 8 ? 0 : -3.4e38f));
        Value last = g.Op("ArgMax", [ids], ("axis", -1L), ("keepdims", 0L));
        Value rows = g.Op("Range", [g.Scalar(0L), g.Size(ids, 0), g.Scalar(1L)]);
        t = g.Op("GatherND", [g.LayerNorm(t, Width), g.Join(-1, g.Unsqueeze(rows, 1), g.Unsqueeze(last, 1))]);
        Value v = g.Op("Conv", [image, g.Weight(Width, 3, 4, 4)], ("strides", (long[])[4, 4]));
        v = g.Transpose(g.Op("Reshape", [v, g.Sizes(v, 0, 1, -1L)]), 0, 2, 1);
        v = g.Join(1, g.Op("Expand", [g.Weight(1, 1, Width), g.Sizes(image, 0, 1L, 1L)]), v);
        v = g.At(Layer(g.LayerNorm(g.Add(v, g.Weight(17, Width)), Width), null), 1, 0);
        Value a = Unit(g.Dense(t, Width, 24, bias: false)), b = Unit(g.Dense(g.LayerNorm(v, Width), Width, 24, bias: false));
        Value logits = g.Mul(g.Op("MatMul", [a, g.Transpose(b, 1, 0)]), g.Op("Exp", [g.Scalar(1.5f)]));
        return g.Done(Producer, (logits, ["batch", "images"]), (a, ["batch", 24]), (b, ["images", 24]));

        Value Unit(Value x) => g.Op("Div", [x, g.Op("ReduceL2", [x], ("axes", (long[])[-1]), ("keepdims", 1L))]);
        Value Layer(Value x, Value? mask)
        {
            Value n = g.LayerNorm(x, Width);
            x = g.Add(x, g.Dense(g.Attend(g.Heads(g.Dense(n, Width, Width), 4, 8), g.Heads(g.Dense(n, Width, Width), 4, 8), g.Heads(g.Dense(n, Width, Width), 4, 8), 8, Width, mask), Width, Width));
            Value h = g.Dense(g.LayerNorm(x, Width), Width, 96);
            return g.Add(x, g.Dense(g.Mul(h, g.Op("Sigmoid", [g.Mul(h, g.Scalar(1.702f))])), 96, Width));
        }
    }
}
