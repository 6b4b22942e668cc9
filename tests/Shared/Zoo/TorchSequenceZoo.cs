using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Networks over sounds, series and tables as PyTorch's exporters write them.</summary>
internal static class TorchSequenceZoo
{
    private const string Producer = "pytorch";

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
}
