using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Transformers and other networks over sequences as PyTorch's exporters write them.</summary>
internal static class TorchSequenceZoo
{
    private const string Producer = "pytorch";

    /// <summary>BERT: word, position and segment embeddings, mask by Unsqueeze, Cast and Where, pooler with Tanh.</summary>
    public static OnnxModel Bert(int width = 32, int heads = 4, int layers = 2, int hidden = 96, int vocabulary = 50, int positions = 32, int classes = 4)
    {
        ConvolutionalGraph g = new(14);
        Value ids = g.Tokens(), mask = g.Tokens("attention_mask"), types = g.Tokens("token_type_ids");
        Value wide = g.Op("Expand", [g.Unsqueeze(mask, 1, 2), g.Sizes(ids, 0, 1L, 1L, 1)]);
        Value inverse = g.Op("Sub", [g.Scalar(1f), g.Op("Cast", [wide], ("to", 1L))]);
        Value additive = g.Op("Where", [g.Op("Cast", [inverse], ("to", 9L)), g.Scalar(-3.4028235e38f), inverse]);
        Value places = g.Slice(g.Graph.AddInitializer("position_ids", TensorData.Of([1, positions], [.. Enumerable.Range(0, positions).Select(i => (long)i)])), 1, 0, 1 << 20);
        places = g.Op("Slice", [places, g.Ints(0), g.Unsqueeze(g.Size(ids, 1), 0L), g.Ints(1)]);
        Value x = g.Add(g.Add(g.Op("Gather", [g.Weight(vocabulary, width), ids]), g.Op("Gather", [g.Weight(2, width), types])), g.Op("Gather", [g.Weight(positions, width), places]));
        x = g.LayerNorm(x, width);
        for (int i = 0; i < layers; i++)
        {
            int size = width / heads;
            Value q = g.Heads(g.Dense(x, width, width), heads, size), k = g.Heads(g.Dense(x, width, width), heads, size), v = g.Heads(g.Dense(x, width, width), heads, size);
            x = g.LayerNorm(g.Add(g.Dense(g.Attend(q, k, v, size, width, additive), width, width), x), width);
            x = g.LayerNorm(g.Add(g.Dense(g.Gelu(g.Dense(x, width, hidden)), hidden, width), x), width);
        }
        Value pooled = g.Op("Tanh", [g.Gemm(g.At(x, 1, 0), width, width)]);
        return g.Classes(Producer, g.Gemm(pooled, width, classes), classes);
    }

    /// <summary>GPT-2: Conv1D as Gemm on rows, Split, cached keys and values in and out, triangular mask by Slice and Where, tied head.</summary>
    public static OnnxModel Gpt(bool cache)
    {
        ConvolutionalGraph g = new(13);
        const int Width = 32, Heads = 4, Size = 8, Words = 50;
        Value ids = g.Tokens();
        Value table = g.Weight(Words, Width);
        List<(Value, object[]?)> outputs = [];
        Value past = cache ? g.Input("past_key_values.0.key", ElementType.Float32, "batch", Heads, "past", Size) : null!;
        Value length = g.Size(ids, 1), before = cache ? g.Size(past, 2) : g.Scalar(0L), total = g.Add(length, before);
        Value places = g.Unsqueeze(g.Op("Range", [before, total, g.Scalar(1L)]), 0L);
        Value x = g.Add(g.Op("Gather", [table, ids]), g.Op("Gather", [g.Weight(64, Width), places]));
        Value triangle = g.Graph.AddInitializer("bias", new TensorData(ElementType.Bool, [1, 1, 64, 64], Enumerable.Range(0, 64 * 64).Select(i => (byte)(i % 64 <= i / 64 ? 1 : 0)).ToArray()));
        for (int i = 0; i < 2; i++)
        {
            Value[] qkv = g.Split(Rows(g, g.LayerNorm(x, Width), Width, 3 * Width), 2, Width, Width, Width);
            Value q = g.Heads(qkv[0], Heads, Size), k = g.Heads(qkv[1], Heads, Size), v = g.Heads(qkv[2], Heads, Size);
            if (cache)
            {
                k = g.Join(2, i == 0 ? past : g.Input($"past_key_values.{i}.key", ElementType.Float32, "batch", Heads, "past", Size), k);
                v = g.Join(2, g.Input($"past_key_values.{i}.value", ElementType.Float32, "batch", Heads, "past", Size), v);
                outputs.AddRange([(k, ["batch", Heads, "total", Size]), (v, ["batch", Heads, "total", Size])]);
            }
            Value scores = g.Op("Div", [g.Op("MatMul", [q, g.Transpose(k, 0, 1, 3, 2)]), g.Scalar(2.828f)]);
            Value seen = g.Op("Slice", [g.Op("Slice", [triangle, g.Unsqueeze(before, 0L), g.Unsqueeze(total, 0L), g.Ints(2)]), g.Ints(0), g.Unsqueeze(total, 0L), g.Ints(3)]);
            scores = g.Softmax(g.Op("Where", [seen, scores, g.Scalar(-3.4e38f)]), -1);
            Value context = g.Transpose(g.Op("MatMul", [scores, v]), 0, 2, 1, 3);
            x = g.Add(Rows(g, g.Op("Reshape", [context, g.Sizes(context, 0, 1, (long)Width)]), Width, Width), x);
            Value h = Rows(g, g.LayerNorm(x, Width), Width, 96);
            Value inner = g.Mul(g.Add(h, g.Mul(g.Op("Pow", [h, g.Scalar(3f)]), g.Scalar(0.044715f))), g.Scalar(0.79788456f));
            x = g.Add(x, Rows(g, g.Mul(g.Mul(h, g.Scalar(0.5f)), g.Add(g.Op("Tanh", [inner]), g.Scalar(1f))), 96, Width));
        }
        Value logits = g.Op("MatMul", [g.LayerNorm(x, Width), g.Transpose(table, 1, 0)]);
        return g.Done(Producer, [(logits, ["batch", "sequence", Words]), .. outputs]);

        static Value Rows(ConvolutionalGraph g, Value x, int from, int to)
        {
            Value y = g.Op("Gemm", [g.Op("Reshape", [x, g.Ints(-1, from)]), g.Weight(from, to), g.Weight(to)]);
            return g.Op("Reshape", [y, g.Sizes(x, 0, 1, (long)to)]);
        }
    }

    /// <summary>Llama: RMS norm written out, rotary positions by halves, two query heads to a key head by Expand, cached keys and values in and out, a mask that covers the past, gated hidden layer.</summary>
    public static OnnxModel Llama()
    {
        const int Width = 32, Heads = 4, Groups = 2, Size = 8, Words = 50, Longest = 64;
        ConvolutionalGraph g = new(17);
        Value ids = g.Tokens(), mask = g.Tokens("attention_mask", "total"), places = g.Tokens("position_ids");
        object[] cached = ["batch", Groups, "past", Size], total = ["batch", Groups, "total", Size];
        Value x = g.Op("Gather", [g.Weight(Words, Width), ids]);
        float[] angles = [.. Enumerable.Range(0, Longest * Size).Select(i => i / Size * MathF.Pow(100, -2f * (i % (Size / 2)) / Size))];
        Value cos = Turned(angles.Select(MathF.Cos)), sin = Turned(angles.Select(MathF.Sin)), open = g.Op("Cast", [g.Unsqueeze(mask, 1, 2)], ("to", 9L));
        List<(Value, object[]?)> outputs = [];
        for (int i = 0; i < 2; i++)
        {
            Value h = Norm(x), past = g.Input($"past_key_values.{i}.key", ElementType.Float32, cached);
            Value q = Rotated(g.Heads(g.Dense(h, Width, Heads * Size, bias: false), Heads, Size)), k = Rotated(g.Heads(g.Dense(h, Width, Groups * Size, bias: false), Groups, Size));
            k = g.Join(2, past, k);
            Value v = g.Join(2, g.Input($"past_key_values.{i}.value", ElementType.Float32, cached), g.Heads(g.Dense(h, Width, Groups * Size, bias: false), Groups, Size));
            outputs.AddRange([(k, total), (v, total)]);
            Value later = g.Op("LessOrEqual", [Unsqueezed(g.Op("Range", [g.Scalar(0L), g.Size(k, 2), g.Scalar(1L)]), 0, 1, 2), g.Unsqueeze(places, 1, 3)]);
            Value scores = g.Op("Where", [g.Op("And", [later, open]), g.Scalar(0f), g.Scalar(-3.4e38f)]);
            x = g.Add(x, g.Dense(g.Attend(q, Repeated(k), Repeated(v), Size, Width, scores), Width, Width, bias: false));
            h = Norm(x);
            x = g.Add(x, g.Dense(g.Mul(g.Silu(g.Dense(h, Width, 96, bias: false)), g.Dense(h, Width, 96, bias: false)), 96, Width, bias: false));
        }
        return g.Done(Producer, [(g.Dense(Norm(x), Width, Words, bias: false), ["batch", "sequence", Words]), .. outputs]);

        Value Norm(Value y) => g.Mul(g.Positive(Width), g.Mul(y, g.Op("Div", [g.Scalar(1f), g.Op("Sqrt", [g.Add(g.Mean(g.Op("Pow", [y, g.Scalar(2f)]), true, -1), g.Scalar(1e-5f))])])));
        Value Unsqueezed(Value y, params long[] axes) => g.Unsqueeze(y, axes);
        Value Turned(IEnumerable<float> table) => g.Unsqueeze(g.Op("Gather", [g.Graph.AddInitializer("rotary", TensorData.Of([Longest, Size], [.. table])), places]), 1);
        Value Rotated(Value y) => g.Add(g.Mul(y, cos), g.Mul(g.Join(3, g.Op("Neg", [g.Slice(y, 3, Size / 2, 1 << 20)]), g.Slice(y, 3, 0, Size / 2)), sin));
        Value Repeated(Value y) => g.Op("Reshape", [g.Op("Expand", [g.Unsqueeze(y, 2), g.Sizes(y, 0, (long)Groups, (long)(Heads / Groups), 2, (long)Size)]), g.Sizes(y, 0, (long)Heads, 2, (long)Size)]);
    }

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

    /// <summary>Whisper: two one-dimensional convolutions, GELU, Transpose, positions, attention whose keys have no bias; and a decoder layer that looks at it.</summary>
    public static OnnxModel Whisper()
    {
        ConvolutionalGraph g = new(14);
        const int Width = 32;
        Value mel = g.Input("input_features", ElementType.Float32, "batch", 16, 48);
        Value x = g.Gelu(g.Conv1(g.Gelu(g.Conv1(mel, 16, Width, 3)), Width, Width, 3, 2));
        x = g.Add(g.Transpose(x, 0, 2, 1), g.Weight(24, Width));
        for (int i = 0; i < 2; i++)
        {
            Value n = g.LayerNorm(x, Width);
            x = g.Add(x, Attention(n, n));
            x = g.Add(x, g.Dense(g.Gelu(g.Dense(g.LayerNorm(x, Width), Width, 96)), 96, Width));
        }
        Value memory = g.LayerNorm(x, Width);
        Value ids = g.Tokens("decoder_input_ids", 6);
        Value table = g.Weight(40, Width);
        Value y = g.Add(g.Op("Gather", [table, ids]), g.Weight(6, Width));
        Value own = g.LayerNorm(y, Width);
        y = g.Add(y, Attention(own, own, g.Constant([6, 6], i => i % 6 <= i / 6 ? 0 : float.NegativeInfinity)));
        y = g.Add(y, Attention(g.LayerNorm(y, Width), memory));
        y = g.Add(y, g.Dense(g.Gelu(g.Dense(g.LayerNorm(y, Width), Width, 96)), 96, Width));
        return g.Done(Producer, (g.Op("MatMul", [g.LayerNorm(y, Width), g.Transpose(table, 1, 0)]), ["batch", 6, 40]));

        Value Attention(Value from, Value to, Value? mask = null)
        {
            Value q = g.Heads(g.Mul(g.Dense(from, Width, Width), g.Scalar(0.35355f)), 4, 8), k = g.Heads(g.Dense(to, Width, Width, bias: false), 4, 8), v = g.Heads(g.Dense(to, Width, Width), 4, 8);
            Value scores = g.Op("MatMul", [q, g.Transpose(k, 0, 1, 3, 2)]);
            if (mask is not null) scores = g.Add(scores, mask);
            Value context = g.Transpose(g.Op("MatMul", [g.Softmax(scores, -1), v]), 0, 2, 1, 3);
            return g.Dense(g.Op("Reshape", [context, g.Sizes(context, 0, 1, (long)Width)]), Width, Width);
        }
    }

    /// <summary>T5: RMS normalisation, no biases, no scale, position bias from a table shared by all layers.</summary>
    public static OnnxModel T5()
    {
        ConvolutionalGraph g = new(14);
        const int Width = 32, Length = 10;
        Value ids = g.Tokens(length: Length);
        Value x = g.Op("Gather", [g.Weight(50, Width), ids]);
        Value index = g.Graph.AddInitializer("buckets", TensorData.Of([Length, Length], [.. Enumerable.Range(0, Length * Length).Select(i => (long)(i * 5 % 16))]));
        Value bias = g.Unsqueeze(g.Transpose(g.Op("Gather", [g.Weight(16, 4), index]), 2, 0, 1), 0L);
        for (int i = 0; i < 2; i++)
        {
            Value n = Rms(x);
            Value q = g.Heads(g.Dense(n, Width, 48, false), 4, 12), k = g.Heads(g.Dense(n, Width, 48, false), 4, 12), v = g.Heads(g.Dense(n, Width, 48, false), 4, 12);
            Value context = g.Transpose(g.Op("MatMul", [g.Softmax(g.Add(g.Op("MatMul", [q, g.Transpose(k, 0, 1, 3, 2)]), bias), -1), v]), 0, 2, 1, 3);
            x = g.Add(x, g.Dense(g.Op("Reshape", [context, g.Sizes(context, 0, -1L, 48L)]), 48, Width, false));
            n = Rms(x);
            x = g.Add(x, i == 0
                ? g.Dense(g.Relu(g.Dense(n, Width, 96, false)), 96, Width, false)
                : g.Dense(g.Mul(g.Gelu(g.Dense(n, Width, 64, false)), g.Dense(n, Width, 64, false)), 64, Width, false));
        }
        return g.Done(Producer, (Rms(x), ["batch", Length, Width]));

        Value Rms(Value v) => g.Mul(g.Weight(Width), g.Mul(v, g.Op("Reciprocal", [g.Op("Sqrt", [g.Add(g.Mean(g.Op("Pow", [v, g.Scalar(2f)]), true, -1), g.Scalar(1e-6f))])])));
    }

    /// <summary>A Conformer block: half-step feed-forward, GLU, depthwise convolution over time, normalisation of batches.</summary>
    public static OnnxModel Conformer()
    {
        ConvolutionalGraph g = new(13);
        const int Width = 32;
        Value audio = g.Input("features", ElementType.Float32, "batch", 32, 20);
        // Subsampling by two convolutions over time and frequency, then a linear layer over channels and frequencies.
        Value x = g.Relu(g.Conv(g.Relu(g.Conv(g.Unsqueeze(audio, 1), 1, 8, stride: 2)), 8, 12, stride: 2));
        x = g.Dense(g.Op("Reshape", [g.Transpose(x, 0, 2, 1, 3), g.Sizes(x, 0, 2, 60L)]), 60, Width);
        for (int i = 0; i < 2; i++)
        {
            x = g.Add(x, g.Mul(g.Dense(g.Silu(g.Dense(g.LayerNorm(x, Width), Width, 64)), 64, Width), g.Scalar(0.5f)));
            Value n = g.LayerNorm(x, Width);
            x = g.Add(x, g.Dense(g.Attend(g.Heads(g.Dense(n, Width, Width), 4, 8), g.Heads(g.Dense(n, Width, Width), 4, 8), g.Heads(g.Dense(n, Width, Width), 4, 8), 8, Width), Width, Width));
            Value[] halves = g.Split(g.Conv1(g.Transpose(g.LayerNorm(x, Width), 0, 2, 1), Width, 64, 1), 1, 32, 32);
            Value c = g.Mul(halves[0], g.Op("Sigmoid", [halves[1]]));
            c = g.Silu(g.Normalize(g.Conv1(c, 32, 32, 7, group: 32), 32));
            x = g.Add(x, g.Transpose(g.Conv1(c, 32, Width, 1), 0, 2, 1));
            x = g.LayerNorm(g.Add(x, g.Mul(g.Dense(g.Silu(g.Dense(g.LayerNorm(x, Width), Width, 64)), 64, Width), g.Scalar(0.5f))), Width);
        }
        return g.Done(Producer, (g.Op("LogSoftmax", [g.Dense(x, Width, 30)], ("axis", -1L)), ["batch", 8, 30]));
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

    /// <summary>Temporal convolutions with dilation, cut to be causal, residuals with 1 × 1 shortcuts.</summary>
    public static OnnxModel TemporalConvolutions()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Input("x", ElementType.Float32, "batch", 8, "time");
        int from = 8;
        foreach ((int to, int dilation) in new[] { (24, 1), (24, 2), (32, 4) })
        {
            Value y = g.Relu(g.Slice(g.Conv1(x, from, to, 3, dilation: dilation, pad: 2 * dilation), 2, 0, -2 * dilation));
            y = g.Relu(g.Slice(g.Conv1(y, to, to, 3, dilation: dilation, pad: 2 * dilation), 2, 0, -2 * dilation));
            x = g.Relu(g.Add(y, from == to ? x : g.Conv1(x, from, to, 1)));
            from = to;
        }
        return g.Classes(Producer, g.Gemm(g.Squeeze(g.Slice(x, 2, -1, long.MaxValue), 2), 32, 6), 6);
    }

    /// <summary>Waveform to features to a two-way GRU to attention over time.</summary>
    public static OnnxModel SpeechClassifier()
    {
        ConvolutionalGraph g = new(14);
        Value x = g.Unsqueeze(g.Input("waveform", ElementType.Float32, "batch", 1600), 1);
        x = g.Conv1(x, 1, 16, 10, 5, pad: 0);
        // Normalised per channel, written as one group for each.
        x = g.Op("Reshape", [g.Op("InstanceNormalization", [g.Op("Reshape", [x, g.Ints(0, 16, -1)]), g.Positive(16), g.Weight(16)]), g.Op("Shape", [x])]);
        x = g.Gelu(g.Add(g.Mul(x, g.Weight(16, 1)), g.Weight(16, 1)));
        x = g.Gelu(g.Conv1(x, 16, 24, 3, 2));
        x = g.Gelu(g.Conv1(x, 24, 24, 3, 2));
        Value y = g.Nodes("GRU", [g.Transpose(x, 2, 0, 1), g.Weight(2, 48, 24), g.Weight(2, 48, 16), g.Weight(2, 96)], 2, ("hidden_size", 16L), ("direction", "bidirectional"), ("linear_before_reset", 1L))[0];
        y = g.Reshape(g.Transpose(y, 2, 0, 1, 3), 0, 0, -1);
        Value weights = g.Softmax(g.Dense(g.Op("Tanh", [g.Dense(y, 32, 24)]), 24, 1), 1);
        Value pooled = g.Op("ReduceSum", [g.Mul(y, weights), g.Ints(1)], ("keepdims", 0L));
        return g.Classes(Producer, g.Gemm(g.Relu(g.Gemm(pooled, 32, 24)), 24, 5), 5);
    }

    /// <summary>Tables: embeddings of categories joined with numbers, normalised over the batch, dense layers; and one with LayerNorm between dense layers.</summary>
    public static OnnxModel Tabular()
    {
        ConvolutionalGraph g = new(13);
        Value categories = g.Input("categories", ElementType.Int64, "batch", 3), numbers = g.Input("numbers", ElementType.Float32, "batch", 6);
        Value[] looked = [.. Enumerable.Range(0, 3).Select(i => g.Op("Gather", [g.Weight(9 + i, 12), g.At(categories, 1, i)]))];
        Value n = g.Op("BatchNormalization", [numbers, g.Positive(6), g.Weight(6), g.Weight(6), g.Positive(6)]);
        Value x = g.Join(1, [.. looked, n]);
        x = Norm(g.Relu(g.Gemm(x, 42, 48)), 48);
        x = g.Op("Dropout", [Norm(g.Relu(g.Gemm(x, 48, 32)), 32)]);
        x = g.Relu(g.LayerNorm(g.Gemm(x, 32, 32), 32));
        return g.Done(Producer, (g.Gemm(x, 32, 1), ["batch", 1]));

        Value Norm(Value v, int width) => g.Op("BatchNormalization", [v, g.Positive(width), g.Weight(width), g.Weight(width), g.Positive(width)]);
    }

    /// <summary>A wake word: hidden layers that are normalised, before and behind their activation, and a threshold whose result a body reads.</summary>
    public static OnnxModel NormalizedLayers(int opset)
    {
        ConvolutionalGraph g = new(opset);
        Value x = g.Op("Flatten", [g.Input("features", ElementType.Float32, "batch", 12, 8)]);
        x = g.Relu(g.LayerNorm(g.Gemm(x, 96, 32), 32));
        x = g.LayerNorm(g.Gelu(g.Dense(x, 32, 24)), 24);
        return g.Classes(Producer, g.Op("Sigmoid", [g.Gemm(x, 24, 5)]), 5);
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
