using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Decoders in the manner of the model builder of onnxruntime-genai: one operator for a whole attention layer, which takes and gives its caches.</summary>
internal static class GenerativeZoo
{
    private const string Contrib = "com.microsoft";
    private const int Width = 32, Heads = 4, Size = 16, Words = 50, Longest = 64;

    /// <summary>Llama: GroupQueryAttention, rotary positions inside it or in front, lengths from a mask or from shapes, RMS norm of a sum in one operator, gated hidden layer.</summary>
    public static OnnxModel Llama(bool packed = false, bool half = false, bool mask = true, bool rotary = true, int groups = 2, bool bias = false, bool norm = false)
    {
        ConvolutionalGraph g = new(17);
        ElementType type = half ? ElementType.Float16 : ElementType.Float32;
        Value ids = g.Tokens();
        Value[] pasts = [.. Enumerable.Range(0, 4).Select(i => g.Input($"past_key_values.{i / 2}.{(i % 2 == 0 ? "key" : "value")}", type, "batch", groups, "past", Size))];
        (Value lengths, Value total) = mask ? Masked(g, g.Tokens("attention_mask", "total")) : Counted(g, ids, pasts[0]);
        Value? places = rotary ? null : g.Tokens("position_ids");
        float[] angles = [.. Enumerable.Range(0, Longest * Size / 2).Select(i => i / (Size / 2) * MathF.Pow(100, -2f * (i % (Size / 2)) / Size))];
        Value cos = g.Graph.AddInitializer("cos_cache", TensorData.Of([Longest, Size / 2], [.. angles.Select(MathF.Cos)])), sin = g.Graph.AddInitializer("sin_cache", TensorData.Of([Longest, Size / 2], [.. angles.Select(MathF.Sin)]));
        Value x = g.Op("Gather", [g.Weight(Words, Width), ids]);
        Value h = g.Op("SimplifiedLayerNormalization", [x, g.Positive(Width)], ("axis", -1L), ("epsilon", 1e-5f), ("stash_type", 1L));
        List<(Value, object[])> presents = [];
        for (int i = 0; i < 2; i++)
        {
            Value?[] roles = packed ? [g.Dense(h, Width, (Heads + (2 * groups)) * Size, bias), null, null]
                : [g.Dense(h, Width, Heads * Size, bias), g.Dense(h, Width, groups * Size, bias), g.Dense(h, Width, groups * Size, bias)];
            if (norm) (roles[0], roles[1]) = (NormOfHeads(g, roles[0]!, Heads), NormOfHeads(g, roles[1]!, groups));
            if (places is not null)
                for (int r = 0; r < 2; r++) roles[r] = g.Graph.AddNode("RotaryEmbedding", [roles[r], places, cos, sin], "turned", domain: Contrib).Outputs[0];
            Dictionary<string, AttributeData> attributes = new() { ["num_heads"] = (long)Heads, ["kv_num_heads"] = (long)groups, ["scale"] = 1 / MathF.Sqrt(Size), ["do_rotary"] = rotary ? 1L : 0L };
            Node attention = g.Graph.AddNode("GroupQueryAttention", [.. roles, pasts[2 * i], pasts[(2 * i) + 1], lengths, total, rotary ? cos : null, rotary ? sin : null], [$"attention.{i}", $"present.{i}.key", $"present.{i}.value"], null, attributes, Contrib);
            object[] axes = ["batch", groups, "total", Size];
            presents.AddRange([(attention.Outputs[1], axes), (attention.Outputs[2], axes)]);
            (h, x) = SumAndNorm(g, x, g.Dense(attention.Outputs[0], Heads * Size, Width, bias: false));
            (h, x) = SumAndNorm(g, x, g.Dense(g.Mul(g.Silu(g.Dense(h, Width, 96, bias: false)), g.Dense(h, Width, 96, bias: false)), 96, Width, bias: false));
        }
        (Value, object[])[] outputs = [(g.Dense(h, Width, Words, bias: false), ["batch", "sequence", Words]), .. presents];
        foreach ((Value value, object[] axes) in outputs)
            g.Graph.AddOutput(value, type, [.. axes.Select(a => a is string symbol ? new Axis(null, symbol) : new Axis((int)a, null))]);
        if (half)
            foreach (Value weight in g.Graph.Initializers.Where(v => v.Constant!.Type == ElementType.Float32).ToArray()) g.Graph.SetInitializer(weight, TensorData.FromFloats(type, weight.Constant!.Shape, weight.Constant.ToFloats()));
        return OnnxModel.Create(g.Graph, new Dictionary<string, long> { [""] = g.Opset, [Contrib] = 1 }, 8, "onnxruntime-genai");
    }

    /// <summary>GPT: MultiHeadAttention with biases, or Attention of ai.onnx, either with a mask of past and present or causal by itself, with keys that count or without; LayerNormalization, hidden layer with GELU.</summary>
    public static OnnxModel Gpt(bool standard = false, bool causal = false, int groups = 4)
    {
        ConvolutionalGraph g = new(standard ? 23 : 17);
        Value ids = g.Tokens(), places = g.Tokens("position_ids");
        Value? mask = standard && causal ? null : g.Tokens("attention_mask", "total");
        Value[] pasts = [.. Enumerable.Range(0, 4).Select(i => g.Input($"past_key_values.{i / 2}.{(i % 2 == 0 ? "key" : "value")}", ElementType.Float32, "batch", groups, "past", Size))];
        Value? keys = mask is not null && causal ? g.Op("Cast", [mask], ("to", 6L)) : null, scores = null;
        if (mask is not null && !causal)
        {
            Value later = g.Op("LessOrEqual", [g.Op("Range", [g.Scalar(0L), g.Size(mask, 1), g.Scalar(1L)]), g.Unsqueeze(places, 1, 3)]);
            scores = g.Op("Where", [g.Op("And", [g.Op("Cast", [g.Unsqueeze(mask, 1, 2)], ("to", 9L)), later]), g.Scalar(0f), g.Scalar(-3.4e38f)]);
        }
        Value x = g.Add(g.Op("Gather", [g.Weight(Words, Width), ids]), g.Op("Gather", [g.Weight(Longest, Width), places]));
        List<(Value, object[]?)> outputs = [];
        for (int i = 0; i < 2; i++)
        {
            Value h = g.LayerNorm(x, Width);
            Value[] roles = [g.Dense(h, Width, Heads * Size, bias: standard), g.Dense(h, Width, groups * Size, bias: standard), g.Dense(h, Width, groups * Size, bias: standard)];
            Dictionary<string, AttributeData> attributes = standard ? new() { ["q_num_heads"] = (long)Heads, ["kv_num_heads"] = (long)groups } : new() { ["num_heads"] = (long)Heads };
            if (causal) attributes[standard ? "is_causal" : "unidirectional"] = 1L;
            Value?[] operands = standard ? [.. roles, scores, pasts[2 * i], pasts[(2 * i) + 1]] : [.. roles, g.Weight(3 * Heads * Size), keys, scores, pasts[2 * i], pasts[(2 * i) + 1]];
            Node attention = g.Graph.AddNode(standard ? "Attention" : "MultiHeadAttention", operands, [$"attention.{i}", $"present.{i}.key", $"present.{i}.value"], null, attributes, standard ? "" : Contrib);
            object[] axes = ["batch", groups, "total", Size];
            outputs.AddRange([(attention.Outputs[1], axes), (attention.Outputs[2], axes)]);
            x = g.Add(x, g.Dense(attention.Outputs[0], Heads * Size, Width));
            x = g.Add(x, g.Dense(g.Gelu(g.Dense(g.LayerNorm(x, Width), Width, 96)), 96, Width));
        }
        OnnxModel model = g.Done("onnxruntime-genai", [(g.Dense(g.LayerNorm(x, Width), Width, Words, bias: false), ["batch", "sequence", Words]), .. outputs]);
        return standard ? model : OnnxModel.Create(model.Graph, new Dictionary<string, long> { [""] = g.Opset, [Contrib] = 1 }, 8, "onnxruntime-genai");
    }

    /// <summary>Keys of each sample less one, and keys of the longest, both of what the mask leaves.</summary>
    private static (Value Lengths, Value Total) Masked(ConvolutionalGraph g, Value mask) =>
        (g.Op("Cast", [g.Op("Sub", [g.Op("ReduceSum", [mask, g.Ints(1)], ("keepdims", 0L)), g.Ints(1)])], ("to", 6L)), g.Op("Cast", [g.Op("Gather", [g.Op("Shape", [mask]), g.Scalar(1L)], ("axis", 0L))], ("to", 6L)));

    /// <summary>The same of shapes alone, where all samples are as long.</summary>
    private static (Value Lengths, Value Total) Counted(ConvolutionalGraph g, Value ids, Value past)
    {
        Value total = g.Add(g.Size(ids, 1), g.Size(past, 2));
        Value each = g.Op("Expand", [g.Op("Sub", [total, g.Scalar(1L)]), g.Unsqueeze(g.Size(ids, 0), 0L)]);
        return (g.Op("Cast", [each], ("to", 6L)), g.Op("Cast", [total], ("to", 6L)));
    }

    private static Value NormOfHeads(ConvolutionalGraph g, Value x, int heads) => g.Op("Reshape", [
        g.Op("SimplifiedLayerNormalization", [g.Op("Reshape", [x, g.Ints(0, -1, Size)]), g.Positive(Size)], ("axis", -1L), ("epsilon", 1e-5f), ("stash_type", 1L)), g.Ints(0, -1, heads * Size)]);

    private static (Value Normed, Value Sum) SumAndNorm(ConvolutionalGraph g, Value x, Value more)
    {
        Node node = g.Graph.AddNode("SkipSimplifiedLayerNormalization", [x, more, g.Positive(Width)], "norm", outputs: 4, attributes: new Dictionary<string, AttributeData> { ["epsilon"] = 1e-5f }, domain: Contrib);
        return (node.Outputs[0], node.Outputs[3]);
    }
}
