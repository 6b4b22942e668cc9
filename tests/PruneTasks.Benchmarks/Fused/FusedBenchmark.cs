using System.CommandLine;
using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Benchmarks.Fused;

/// <summary>What attention costs as one operator, taken apart, and put together again: ONNX Runtime, one thread, four layers.</summary>
internal static class FusedBenchmark
{
    private const int Layers = 4;

    public static Command Create(TextWriter output)
    {
        Command command = new("fused", "Times attention as one operator, in pieces, and put together again, at whole and at half widths.");
        command.SetAction((_, cancellation) => Task.FromResult(Run(output, cancellation)));
        return command;
    }

    private static int Run(TextWriter output, CancellationToken cancellation)
    {
        WorkerNatives.UseOnnxRuntime(null);
        MarkdownTable table = new(output, "operator", "tokens", "heads", "queries, values of a head", "one operator", "in pieces", "again", "nodes again");
        foreach ((string op, string mask) in new[] { ("Attention", ""), ("Attention", "causal"), ("Attention", "mask"), ("MultiHeadAttention", ""), ("GroupQueryAttention", "causal"), ("ai.onnx Attention", ""), ("ai.onnx Attention", "causal") })
        {
            foreach ((int tokens, int heads, int size) in new[] { (65, 3, 64), (128, 4, 64), (256, 8, 32) })
            {
                foreach (int part in new[] { 1, 2 })
                {
                    OnnxModel whole = Model(op, mask, tokens, heads, size / part, size / part, heads * size);
                    byte[] one = OnnxWriter.ToBytes(whole);
                    List<FusedAttention> attentions = [];
                    if (Unfusing.Apply(whole, attentions) != Layers) throw new InvalidOperationException($"{op} was not taken apart");
                    byte[] apart = OnnxWriter.ToBytes(whole);
                    int again = AttentionFusing.Apply(whole, attentions);
                    byte[] together = OnnxWriter.ToBytes(whole);
                    (double ms, double pieces) = Time(one, apart, tokens, heads * size, cancellation);
                    (_, double back) = Time(one, together, tokens, heads * size, cancellation);
                    table.Add($"{op} {mask}".Trim(), $"{tokens}", $"{heads}", $"{size / part}, {size / part}", Number(ms) + " ms", Number(pieces) + "×", Number(back) + "×", $"{again}");
                }
            }
        }
        return 0;
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static (double Milliseconds, double Factor) Time(byte[] one, byte[] other, int tokens, int width, CancellationToken cancellation)
    {
        using OrtSession a = OrtSession.Load(one, "one operator", 1), b = OrtSession.Load(other, "other form", 1);
        Latency result = LatencyMeter.Measure(a, b, new Sample("random", [TensorData.Of([1, tokens, width], Numbers(new Random(1), tokens * width, 1))], null), cancellation);
        return (result.Dense.Median, 1 / result.Ratio);
    }

    private static OnnxModel Model(string op, string mask, int tokens, int heads, int size, int valueSize, int width)
    {
        Graph graph = new("attention");
        Random random = new(3);
        Value Weight(params long[] shape) => graph.AddInitializer("w", TensorData.Of(shape, Numbers(random, (int)shape.Aggregate((a, b) => a * b), 0.3)));
        Value Linear(Value input, int from, int to) => graph.AddNode("Add", [graph.AddNode("MatMul", [input, Weight(from, to)], "m").Outputs[0], Weight(to)], "l").Outputs[0];
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(tokens, null), new(width, null)]);
        Value? flags = mask == "mask" ? graph.AddInitializer("mask", new TensorData(ElementType.Int32, [1, tokens], System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(Enumerable.Repeat(1, tokens).ToArray()).ToArray())) : null;
        int groups = op == "GroupQueryAttention" ? Math.Max(1, heads / 2) : heads;
        for (int i = 0; i < Layers; i++)
        {
            Dictionary<string, AttributeData> attributes = new() { ["num_heads"] = (long)heads };
            List<Value?> inputs;
            string domain = "com.microsoft", type = op;
            if (op == "Attention")
            {
                inputs = [x, Weight(width, heads * ((2 * size) + valueSize)), Weight(heads * ((2 * size) + valueSize)), flags];
                attributes["qkv_hidden_sizes"] = new long[] { heads * size, heads * size, heads * valueSize };
                if (mask == "causal") attributes["unidirectional"] = 1L;
            }
            else
            {
                inputs = [Linear(x, width, heads * size), Linear(x, width, groups * size), Linear(x, width, groups * valueSize)];
                if (op == "GroupQueryAttention")
                {
                    if (heads % groups != 0) (groups, inputs) = (heads, [inputs[0], Linear(x, width, heads * size), Linear(x, width, heads * size)]);
                    attributes["kv_num_heads"] = (long)groups;
                    inputs.AddRange([null, null, Int32(graph, [1], tokens - 1), Int32(graph, [1], tokens)]);
                }
                else if (op != "MultiHeadAttention")
                {
                    (domain, type) = ("", "Attention");
                    attributes = new() { ["q_num_heads"] = (long)heads, ["kv_num_heads"] = (long)groups };
                    if (mask == "causal") attributes["is_causal"] = 1L;
                }
            }
            Value y = graph.AddNode(type, inputs, "a", outputs: type == "GroupQueryAttention" ? 3 : 1, attributes: attributes, domain: domain).Outputs[0];
            x = graph.AddNode("Add", [x, Linear(y, heads * valueSize, width)], "x").Outputs[0];
        }
        graph.AddOutput(x, ElementType.Float32, null);
        return OnnxModel.Create(graph, new Dictionary<string, long> { [""] = op.StartsWith("ai.onnx", StringComparison.Ordinal) ? 23 : 17, ["com.microsoft"] = 1 }, 10, "benchmark");
    }

    private static Value Int32(Graph graph, long[] shape, int value) => graph.AddInitializer("length", new TensorData(ElementType.Int32, shape, BitConverter.GetBytes(value)));

    private static float[] Numbers(Random random, int count, double scale) => [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
}
