using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Transformers over words as PyTorch's exporters write them.</summary>
internal static class TorchLanguageZoo
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
}
