using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Transformers in fused operators: the units of their unfused twins are found, removed, and the attention is one operator again.</summary>
public sealed class FusedTransformerTests
{
    private const int Width = 12, Hidden = 16, Tokens = TransformerGraph.Tokens, Features = 6;

    [Theory]
    [InlineData("Attention", "Attention")]
    [InlineData("Attention mask", "Attention")]
    [InlineData("Attention causal", "Attention")]
    [InlineData("Attention causal mask", "Attention")]
    [InlineData("MultiHeadAttention", "MultiHeadAttention")]
    [InlineData("MultiHeadAttention bias mask", "MultiHeadAttention")]
    [InlineData("MultiHeadAttention rotary", "MultiHeadAttention")]
    [InlineData("MultiHeadAttention wide", "MultiHeadAttention")]
    [InlineData("GroupQueryAttention", "MultiHeadAttention")]
    [InlineData("GroupQueryAttention packed", "MultiHeadAttention")]
    [InlineData("GroupQueryAttention rotary", "MultiHeadAttention")]
    [InlineData("GroupQueryAttention rotary interleaved", "MultiHeadAttention")]
    [InlineData("Standard", "Attention")]
    [InlineData("Standard split causal", "Attention")]
    [InlineData("Standard grouped", "Attention")]
    [InlineData("Standard grouped rotary", "Attention")]
    public void Fused_attention_is_narrowed_and_fused_again(string form, string again)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        (OnnxModel model, int size, int valueSize) = Create(form);
        long macs = Macs(model);
        List<FusedAttention> attentions = [];
        Assert.True(Unfusing.Apply(model, attentions) > 2);
        Assert.Equal(2, attentions.Count);
        model = OnnxReader.Load(OnnxWriter.ToBytes(model));
        Assert.Equal(macs, Macs(model));
        PruningRun run = new(model);
        string scores = Is("rotary") ? $"QueryKey {size / 2}" : $"QueryKey {size}";
        Assert.Equal(
            new[] { scores, $"ValueOutput {valueSize}", $"Ffn {Hidden}", scores, $"ValueOutput {valueSize}", $"Ffn {Hidden}" }.Order(),
            run.Inventory.Sites.Where(s => s is not ChannelSite).Select(s => $"{s.Kind} {s.Units}").Order());
        (double removed, double runtime, long planned, long left) = run.Prune(new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.25 });
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, left);
        OnnxModel pruned = FusesAgain(run, attentions, again);
        if (again != "MultiHeadAttention" || !form.StartsWith("Group", StringComparison.Ordinal)) Assert.Equal(planned, Macs(OnnxReader.Load(OnnxWriter.ToBytes(pruned))));
    }

    /// <summary>Whole groups of an operator whose heads share keys: one group of two goes, and what is left is one operator with fewer heads.</summary>
    [Theory]
    [InlineData("GroupQueryAttention", "MultiHeadAttention")]
    [InlineData("GroupQueryAttention packed", "MultiHeadAttention")]
    [InlineData("GroupQueryAttention rotary", "MultiHeadAttention")]
    [InlineData("Standard grouped", "Attention")]
    [InlineData("Standard grouped rotary", "Attention")]
    public void Whole_groups_of_a_fused_operator_go_and_it_is_fused_again(string form, string again)
    {
        (OnnxModel model, _, _) = Create(form);
        List<FusedAttention> attentions = [];
        Unfusing.Apply(model, attentions);
        PruningRun run = new PruningRun(OnnxReader.Load(OnnxWriter.ToBytes(model))).WithGroups();
        Assert.Equal(2, run.Inventory.Sites.Count);
        (double removed, double runtime, long planned, long left) = run.PruneTo(s => s.Units - 1);
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, left);
        FusesAgain(run, attentions, again);
    }

    /// <summary>What was pruned becomes one operator for each attention, and answers as before.</summary>
    private static OnnxModel FusesAgain(PruningRun run, List<FusedAttention> attentions, string again)
    {
        OnnxModel pruned = OnnxReader.Load(OnnxWriter.ToBytes(run.Model));
        IReadOnlyList<TensorData> inputs = PruningRun.Inputs(pruned, 9, 4);
        float[] wanted = PruningRun.RunInRuntime(OnnxWriter.ToBytes(pruned), pruned, inputs);
        Assert.Equal(2, AttentionFusing.Apply(pruned, attentions));
        Assert.Equal(2, pruned.Graph.Nodes.Count(n => n.OpType == again));
        Assert.DoesNotContain(pruned.Graph.Nodes, n => n.OpType == "Softmax");
        Assert.True(PruningRun.Difference(wanted, PruningRun.RunInRuntime(OnnxWriter.ToBytes(pruned), pruned, inputs)) < 1e-5);
        return pruned;
    }

    private static long Macs(OnnxModel model) => CostModel.Of(model, ShapeInference.Run(model, ShapeBinding.Exact(
        model.Graph.Inputs.Zip(PruningRun.Inputs(model, 0, 1)).ToDictionary(p => p.First.Name, p => p.Second.Shape)))).Total.Macs;

    private static (OnnxModel Model, int Size, int ValueSize) Create(string form)
    {
        bool Is(string word) => form.Split(' ').Contains(word);
        Random random = new(5);
        Graph graph = new("fused");
        Axis n = new(null, "n");
        Value Weight(params long[] shape) => graph.AddInitializer("w", TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 2) - 1) * 0.6f)]));
        Value[] Nodes(string op, IReadOnlyList<Value?> inputs, int outputs, string domain, params (string Name, AttributeData Value)[] attributes) =>
            [.. graph.AddNode(op, inputs, op.ToLowerInvariant(), outputs: outputs, attributes: attributes.ToDictionary(a => a.Name, a => a.Value), domain: domain).Outputs];
        Value Ms(string op, IReadOnlyList<Value?> inputs, params (string Name, AttributeData Value)[] attributes) => Nodes(op, inputs, 1, "com.microsoft", attributes)[0];
        Value Op(string op, params Value?[] inputs) => Nodes(op, inputs, 1, "")[0];
        Value Linear(Value y, int from, int to) => Op("Add", Op("MatMul", y, Weight(from, to)), Weight(to));
        Value Int32(params int[] values) => graph.AddInitializer("i", new TensorData(ElementType.Int32, [values.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        Value Turned(Value y, int heads, int size) => Nodes("Transpose", [Op("Reshape", y, graph.AddInitializer("s", TensorData.Vector(0, 0, heads, size)))], 1, "", ("perm", new long[] { 0, 2, 1, 3 }))[0];

        Value x = graph.AddInput("x", ElementType.Float32, [n, new(Tokens, null), new(Features, null)]);
        Value? mask = Is("mask") ? Nodes("Cast", [graph.AddInput("mask", ElementType.Int64, [n, new(Tokens, null)])], 1, "", ("to", 6L))[0] : null;
        bool grouped = form.StartsWith("Group", StringComparison.Ordinal);
        int heads = grouped || Is("grouped") ? 4 : 3, groups = grouped || Is("grouped") ? 2 : heads, size = grouped ? 16 : 4, valueSize = Is("wide") ? 8 : size;
        Value? lengths = grouped ? Op("Expand", Int32(Tokens - 1), Nodes("Shape", [x], 1, "", ("start", 0L), ("end", 1L))[0]) : null;
        Value cos = Weight(8, size / 2), sin = Weight(8, size / 2), positions = graph.AddInitializer("at", TensorData.Of([1], 0L));
        Value rows = graph.AddInitializer("rows", TensorData.Of([1, Tokens], [.. Enumerable.Range(0, Tokens).Select(i => (long)i)]));
        x = Linear(x, Features, Width);
        for (int i = 0; i < 2; i++)
        {
            Value y = Op("LayerNormalization", x, Weight(Width), Weight(Width)), a;
            if (form.StartsWith("Attention", StringComparison.Ordinal))
            {
                a = Ms("Attention", [y, Weight(Width, 3 * heads * size), Weight(3 * heads * size), mask], ("num_heads", (long)heads), ("unidirectional", Is("causal") ? 1L : 0L));
            }
            else if (grouped)
            {
                Value?[] operands = Is("packed") ? [Linear(y, Width, (heads + (2 * groups)) * size), null, null] : [Linear(y, Width, heads * size), Linear(y, Width, groups * size), Linear(y, Width, groups * size)];
                a = Nodes(
                    "GroupQueryAttention", [.. operands, null, null, lengths, Int32(Tokens), Is("rotary") ? cos : null, Is("rotary") ? sin : null], 3, "com.microsoft",
                    ("num_heads", (long)heads), ("kv_num_heads", (long)groups), ("do_rotary", Is("rotary") ? 1L : 0L), ("rotary_interleaved", Is("interleaved") ? 1L : 0L))[0];
            }
            else if (form.StartsWith("Multi", StringComparison.Ordinal))
            {
                Value q = Linear(y, Width, heads * size), k = Linear(y, Width, heads * size), v = Linear(y, Width, heads * valueSize);
                if (Is("rotary")) (q, k) = (Ms("RotaryEmbedding", [q, positions, cos, sin]), Ms("RotaryEmbedding", [k, positions, cos, sin]));
                a = Ms("MultiHeadAttention", [q, k, v, Is("bias") ? Weight(heads * ((2 * size) + valueSize)) : null, mask], ("num_heads", (long)heads));
            }
            else
            {
                Value q = Linear(y, Width, heads * size), k = Linear(y, Width, groups * size), v = Linear(y, Width, groups * size);
                if (Is("rotary"))
                {
                    Value at = Op("Expand", rows, Nodes("Shape", [y], 1, "", ("start", 0L), ("end", 2L))[0]);
                    q = Nodes("RotaryEmbedding", [q, cos, sin, at], 1, "", ("num_heads", (long)heads))[0];
                    k = Nodes("RotaryEmbedding", [k, cos, sin, at], 1, "", ("num_heads", (long)groups))[0];
                }
                a = Is("split")
                    ? Op("Reshape", Nodes("Transpose", [Nodes("Attention", [Turned(q, heads, size), Turned(k, groups, size), Turned(v, groups, size)], 1, "", ("is_causal", Is("causal") ? 1L : 0L))[0]], 1, "", ("perm", new long[] { 0, 2, 1, 3 }))[0], graph.AddInitializer("s", TensorData.Vector(0, 0, heads * size)))
                    : Nodes("Attention", [q, k, v], 1, "", ("q_num_heads", (long)heads), ("kv_num_heads", (long)groups))[0];
            }
            Value[] norm = Nodes("SkipLayerNormalization", [x, Linear(a, heads * valueSize, Width), Weight(Width), Weight(Width)], 4, "com.microsoft", ("epsilon", 1e-5f));
            Value f = Op("MatMul", norm[0], Weight(Width, Hidden));
            f = Ms(i == 0 ? "BiasGelu" : "FastGelu", [f, Weight(Hidden)]);
            x = Op("Add", norm[3], Linear(f, Hidden, Width));
        }
        Value pooled = Nodes("Gather", [x, graph.AddInitializer("first", TensorData.Of([], 0L))], 1, "", ("axis", 1L))[0];
        graph.AddOutput(Linear(pooled, Width, 7), ElementType.Float32, [n, new(7, null)]);
        graph.RemoveUnused();
        return (OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, new Dictionary<string, long> { [""] = form.StartsWith("Standard", StringComparison.Ordinal) ? 23 : 17, ["com.microsoft"] = 1 }, 10, "tests"))), size, valueSize);
    }
}
