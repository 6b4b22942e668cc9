using PruneTasks.Onnx;
using static PruneTasks.Torch.Tests.Lowering.OperatorTrial;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Attention and rotary embedding in one operator, against ONNX Runtime.</summary>
public sealed class AttentionTests
{
    private const ElementType F = ElementType.Float32, None = ElementType.Undefined;
    private const string Ms = "com.microsoft";
    private const long B = 2, S = 4, N = 3, H = 6;

    [Theory]
    [InlineData("plain")]
    [InlineData("bias")]
    [InlineData("ends")]
    [InlineData("starts")]
    [InlineData("flags")]
    [InlineData("pairs")]
    [InlineData("scores")]
    [InlineData("causal")]
    [InlineData("causal flags")]
    [InlineData("past")]
    [InlineData("causal past")]
    [InlineData("scale")]
    [InlineData("widths")]
    [InlineData("filter flags")]
    public void Attention_of_com_microsoft_agrees(string form) => Packed(form).Agrees(form == "widths" ? [F] : [F, F]);

    internal static OperatorTrial Packed(string form, bool inside = false)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        long value = Is("widths") ? 4 : H, whole = N * (2 * H + value), past = Is("past") ? 3 : 0, total = S + past;
        OperatorTrial trial = new OperatorTrial("Attention", 1, Ms) { IsInside = inside }.With("num_heads", N)
            .Input(Normal(1, B, S, 8)).Constant(Normal(2, 0.4, [8, whole])).Constant(Normal(3, 0.3, [whole]))
            .Input(Is("ends") ? Int32([B], 4, 2) : Is("starts") ? Int32([2 * B], 4, 3, 0, 1)
                : Is("flags") ? Int32([B, total], 1, 1, 0, 1, 1, 0, 0, 0) : Is("pairs") ? Int32([B, S, total], [.. Enumerable.Range(0, 32).Select(i => i % 3 == 1 ? 0 : 1)]) : null)
            .Input(Is("past") ? Normal(4, 2, B, N, past, H) : null)
            .Input(Is("scores") ? Normal(5, B, N, S, total) : null);
        if (Is("causal")) trial.With("unidirectional", 1);
        if (Is("scale")) trial.With("scale", 0.3f);
        if (Is("filter")) trial.With("mask_filter_value", -3f);
        return Is("widths") ? trial.With("qkv_hidden_sizes", new long[] { N * H, N * H, N * value }) : trial;
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("bias")]
    [InlineData("ends")]
    [InlineData("flags")]
    [InlineData("pairs")]
    [InlineData("scores")]
    [InlineData("broadcast scores")]
    [InlineData("causal")]
    [InlineData("cross")]
    [InlineData("split")]
    [InlineData("split bias")]
    [InlineData("past")]
    [InlineData("past bias scores")]
    [InlineData("values")]
    [InlineData("scale")]
    [InlineData("present")]
    public void Multi_head_attention_agrees(string form) => MultiHead(form).Agrees(form.Contains("past", StringComparison.Ordinal) || form == "present" ? [F, F, F] : [F]);

    internal static OperatorTrial MultiHead(string form, bool inside = false)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        long keys = Is("cross") || Is("split") ? 5 : S, past = Is("past") ? 3 : 0, total = keys + past, value = Is("values") ? 4 : H;
        OperatorTrial trial = new OperatorTrial("MultiHeadAttention", 1, Ms) { IsInside = inside }.With("num_heads", N);
        if (Is("split")) trial.Input(Normal(1, B, S, N * H)).Input(Normal(2, B, N, keys, H)).Input(Normal(3, B, N, keys, H));
        else trial.Input(Normal(1, B, S, N * H)).Input(Normal(2, B, keys, N * H)).Input(Normal(3, B, keys, N * value));
        TensorData? bias = Is("bias") ? Normal(4, N * (2 * H + value)) : null;
        (inside ? trial.Constant(bias) : trial.Input(bias))
            .Input(Is("ends") ? Int32([B], 4, 2) : Is("flags") ? Int32([B, total], 1, 1, 0, 1, 1, 0, 0, 0)
                : Is("pairs") ? Int32([B, S, total], [.. Enumerable.Range(0, 32).Select(i => i % 3 == 1 ? 0 : 1)]) : null)
            .Input(Is("broadcast") ? Normal(5, 1, N, S, total) : Is("scores") ? Normal(5, B, N, S, total) : null);
        if (Is("past")) trial.Input(Normal(6, B, N, past, H)).Input(Normal(7, B, N, past, H));
        if (Is("causal")) trial.With("unidirectional", 1);
        if (Is("scale")) trial.With("scale", 0.3f);
        return trial;
    }

    [Theory]
    [InlineData("prompt")]
    [InlineData("prompt packed")]
    [InlineData("prompt rotary")]
    [InlineData("prompt rotary packed interleaved")]
    [InlineData("prompt uneven")]
    [InlineData("prompt uneven rotary")]
    [InlineData("prompt window")]
    [InlineData("prompt cap")]
    [InlineData("prompt scale bias")]
    [InlineData("step")]
    [InlineData("step rotary packed")]
    [InlineData("step uneven rotary")]
    [InlineData("step window")]
    [InlineData("step bias")]
    [InlineData("chunk rotary")]
    [InlineData("step room")]
    [InlineData("step room rotary")]
    public void Group_query_attention_agrees(string form) => Grouped(form).Agrees(F, F, F);

    internal static OperatorTrial Grouped(string form, bool inside = false)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        const long Heads = 4, Groups = 2, Width = 16;
        bool prompt = Is("prompt");
        // One sample where several new keys follow a past: ONNX Runtime takes no more there.
        long batch = Is("chunk") ? 1 : B, length = prompt ? 5 : Is("chunk") ? 3 : 1, past = prompt ? 0 : 6, total = past + length;
        int[] keys = Is("chunk") ? [(int)total - 1] : [(int)total - 1, Is("uneven") ? (int)total - 3 : (int)total - 1];
        OperatorTrial trial = new OperatorTrial("GroupQueryAttention", 1, Ms) { AllowsUnknownShapes = true, IsInside = inside };
        trial.With("num_heads", Heads).With("kv_num_heads", Groups);
        if (Is("packed")) trial.Input(Normal(1, batch, length, (Heads + (2 * Groups)) * Width)).Input(null).Input(null);
        else trial.Input(Normal(1, batch, length, Heads * Width)).Input(Normal(2, batch, length, Groups * Width)).Input(Normal(3, batch, length, Groups * Width));
        long buffer = Is("room") ? 10 : past;
        trial.Input(prompt ? null : Normal(4, batch, Groups, buffer, Width)).Input(prompt ? null : Normal(5, batch, Groups, buffer, Width))
            .Input(Int32([batch], keys)).Input(Int32([1], (int)total));
        trial.Input(Is("rotary") ? Normal(6, 12, Width / 2) : null).Input(Is("rotary") ? Normal(7, 12, Width / 2) : null)
            .Input(null).Input(Is("bias") ? Normal(8, 1, 1, length, total) : null);
        if (Is("rotary")) trial.With("do_rotary", 1);
        if (Is("interleaved")) trial.With("rotary_interleaved", 1);
        if (Is("window")) trial.With("local_window_size", 3);
        if (Is("cap")) trial.With("softcap", 1.5f);
        return Is("scale") ? trial.With("scale", 0.4f) : trial;
    }

    [Theory]
    [InlineData("flat")]
    [InlineData("flat interleaved")]
    [InlineData("split")]
    [InlineData("offset")]
    [InlineData("part")]
    [InlineData("part interleaved")]
    public void Rotary_embedding_of_com_microsoft_agrees(string form) => Rotary(form).Agrees(F);

    internal static OperatorTrial Rotary(string form, bool inside = false)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        long pairs = Is("part") ? 2 : 4;
        OperatorTrial trial = new OperatorTrial("RotaryEmbedding", 1, Ms) { IsInside = inside }
            .Input(Is("split") ? Normal(1, B, N, S, 8) : Normal(1, B, S, N * 8))
            .Input(Is("offset") ? TensorData.Of([1], 3L) : TensorData.Of([B, S], 0L, 1, 2, 3, 5, 4, 3, 9)).Constant(Normal(2, 12, pairs)).Constant(Normal(3, 12, pairs));
        if (Is("interleaved")) trial.With("interleaved", 1);
        return Is("part") ? trial.With("rotary_embedding_dim", 4).With("num_heads", N) : trial;
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("causal")]
    [InlineData("causal past")]
    [InlineData("mask")]
    [InlineData("flags")]
    [InlineData("flags blind")]
    [InlineData("cap")]
    [InlineData("cap mask")]
    [InlineData("flat")]
    [InlineData("flat past shared")]
    [InlineData("shared")]
    [InlineData("shared causal mask")]
    [InlineData("scores0 mask")]
    [InlineData("scores3 mask cap")]
    public void Attention_of_opset_23_agrees(string form) => Standard(form).Agrees(
        form.StartsWith("scores", StringComparison.Ordinal) ? [F, None, None, F] : form.Contains("past", StringComparison.Ordinal) ? [F, F, F] : [F]);

    internal static OperatorTrial Standard(string form, bool inside = false)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        long groups = Is("shared") ? 2 : 4, past = Is("past") ? 3 : 0, keys = 5, total = keys + past;
        OperatorTrial trial = new("Attention", 23) { IsInside = inside };
        if (Is("flat")) trial.Input(Normal(1, B, S, 4 * H)).Input(Normal(2, B, keys, groups * H)).Input(Normal(3, B, keys, groups * 8)).With("q_num_heads", 4).With("kv_num_heads", groups);
        else trial.Input(Normal(1, B, 4, S, H)).Input(Normal(2, B, groups, keys, H)).Input(Normal(3, B, groups, keys, 8));
        trial.Input(Is("mask") ? Normal(4, S, total) : Is("flags") ? new(ElementType.Bool, [S, total], Enumerable.Range(0, (int)(S * total)).Select(i => (byte)(i % 3 == 0 || (Is("blind") && i < total) ? 0 : 1)).ToArray()) : null)
            .Input(Is("past") ? Normal(5, B, groups, past, H) : null).Input(Is("past") ? Normal(6, B, groups, past, 8) : null);
        if (Is("causal")) trial.With("is_causal", 1);
        if (Is("cap")) trial.With("softcap", 0.8f);
        return form.StartsWith("scores", StringComparison.Ordinal) ? trial.With("qk_matmul_output_mode", form[6] - '0') : trial;
    }

    [Fact]
    public void Half_precision_is_computed_in_single()
    {
        const ElementType H16 = ElementType.Float16;
        static TensorData Half(TensorData data) => TensorData.FromFloats(H16, data.Shape, data.ToFloats());
        new OperatorTrial("GroupQueryAttention", 1, Ms) { AllowsUnknownShapes = true, Tolerance = 5e-3 }.With("num_heads", 4).With("kv_num_heads", 2).With("do_rotary", 1)
            .Input(Half(Normal(1, B, S, 64))).Input(Half(Normal(2, B, S, 32))).Input(Half(Normal(3, B, S, 32))).Input(null).Input(null).Input(Int32([B], 3, 3)).Input(Int32([1], 4))
            .Constant(Half(Normal(4, 8, 8))).Constant(Half(Normal(5, 8, 8))).Agrees(H16, H16, H16);
        new OperatorTrial("Attention", 23) { Tolerance = 5e-3 }.Input(Half(Normal(1, B, 4, S, H))).Input(Half(Normal(2, B, 4, 5, H))).Input(Half(Normal(3, B, 4, 5, 8))).With("is_causal", 1).Agrees(H16);
        new OperatorTrial("SkipLayerNormalization", 1, Ms) { Tolerance = 5e-3 }.Input(Half(Normal(1, 2, 3, 8))).Input(Half(Normal(2, 2, 3, 8))).Constant(Half(Normal(3, 8))).Constant(Half(Normal(4, 8))).Agrees(H16);
        new OperatorTrial("RotaryEmbedding", 1, Ms) { Tolerance = 5e-3 }.Input(Half(Normal(1, B, S, N * 8))).Input(TensorData.Of([1], 2L)).Constant(Half(Normal(2, 12, 4))).Constant(Half(Normal(3, 12, 4))).Agrees(H16);
    }
}
