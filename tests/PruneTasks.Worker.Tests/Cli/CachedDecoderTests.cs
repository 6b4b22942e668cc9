using System.Text.Json.Nodes;
using PruneTasks.Onnx;
using PruneTasks.Spec.Contracts;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Running;
using PruneTasks.Zoo;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>Language models that take and give their keys and values: attention is pruned, and caches become as narrow as it is.</summary>
public sealed class CachedDecoderTests : IDisposable
{
    private const int Words = 50;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("torch-gpt2-cache", 0.5, "qk", "vo")]
    [InlineData("torch-llama-cache", 0.2, "group", "qk", "vo")]
    [InlineData("genai-gpt", 0.4, "qk", "vo")]
    [InlineData("genai-gpt-causal", 0.4, "qk", "vo")]
    [InlineData("onnx-attention-cache", 0.4, "qk", "vo")]
    [InlineData("onnx-attention-cache-causal", 0.3, "group", "qk", "vo")]
    public void Attention_is_narrowed_with_its_caches_and_answers_stay_those_of_whole_texts(string network, double macs, params string[] kinds)
    {
        OnnxModel dense = ZooModels.Small[network]();
        PruneResult result = Prune(dense, macs, exact: !network.StartsWith("torch", StringComparison.Ordinal));
        JsonNode[] sites = [.. JsonNode.Parse(File.ReadAllText(_folder.File("out/report.json")))!["sites"]!.AsArray()!];
        foreach (string kind in kinds)
            Assert.Contains(sites, s => s!["kind"]!.GetValue<string>() == kind && s["kept"]!.GetValue<int>() < s["dense"]!.GetValue<int>());
        Assert.InRange(result.Pruned!.Macs, 1, macs * result.Dense!.Macs);

        OnnxModel pruned = OnnxReader.Load(result.Files!.Model);
        Assert.Equal(dense.Graph.Inputs.Select(v => (v.Name, v.Type)), pruned.Graph.Inputs.Select(v => (v.Name, v.Type)));
        Assert.Equal(dense.Graph.Outputs.Select(v => (v.Name, v.Type)), pruned.Graph.Outputs.Select(v => (v.Name, v.Type)));
        Value[] caches = [.. pruned.Graph.Inputs.Where(v => v.Name.StartsWith("past", StringComparison.Ordinal))];
        Assert.Contains(caches, v => Fixed(v) < Fixed(dense.Graph.Inputs.Single(d => d.Name == v.Name)));
        // Keys and values of layer i, in the order of inputs and outputs.
        Assert.Equal(caches.Select(Fixed), pruned.Graph.Outputs.Skip(1).Select(Fixed));

        AssertOneTokenAtATime(pruned, result.Files.Model, 2e-4f);

        static long Fixed(Value cache) => cache.DeclaredShape!.Where(axis => axis.Size is not null).Aggregate(1L, (product, axis) => product * axis.Size!.Value);
    }

    [Theory]
    [InlineData("genai-llama")]
    [InlineData("genai-llama-packed")]
    [InlineData("genai-llama-half")]
    [InlineData("genai-llama-no-mask")]
    [InlineData("genai-llama-turned-outside")]
    [InlineData("genai-llama-own-keys")]
    [InlineData("genai-qwen-2")]
    [InlineData("genai-qwen-3")]
    public void Whole_groups_go_from_operators_that_have_their_own_caches(string network)
    {
        OnnxModel dense = ZooModels.Small[network]();
        PruneResult result = Prune(dense, 0.4, exact: true);
        OnnxModel pruned = OnnxReader.Load(result.Files!.Model);
        Assert.InRange(result.Pruned!.Macs, 1, 0.4 * result.Dense!.Macs);
        Assert.Equal(dense.Graph.Inputs.Select(v => (v.Name, v.Type)), pruned.Graph.Inputs.Select(v => (v.Name, v.Type)));
        Assert.Equal(dense.Graph.Outputs.Select(v => (v.Name, v.Type)), pruned.Graph.Outputs.Select(v => (v.Name, v.Type)));
        Node[] before = Operators(dense), after = Operators(pruned);
        Assert.Equal(before.Length, after.Length);
        Assert.Contains(after.Zip(before), p => p.First.Int("kv_num_heads", 0) < p.Second.Int("kv_num_heads", 0));
        foreach ((Node now, Node then) in after.Zip(before))
        {
            Assert.Equal(then.Int("do_rotary", 0), now.Int("do_rotary", 0));
            Assert.Equal(then.Int("num_heads", 0) / then.Int("kv_num_heads", 0), now.Int("num_heads", 0) / now.Int("kv_num_heads", 0));
            foreach (int cache in new[] { 3, 4 }) Assert.Equal(now.Int("kv_num_heads", 0), now.Inputs[cache]!.DeclaredShape![1].Size);
            foreach (int cache in new[] { 1, 2 }) Assert.Equal(now.Int("kv_num_heads", 0), now.Outputs[cache].DeclaredShape![1].Size);
        }
        AssertOneTokenAtATime(pruned, result.Files.Model, network == "genai-llama-half" ? 2e-2f : 2e-4f);

        static Node[] Operators(OnnxModel model) => [.. model.Graph.Nodes.Where(n => n.OpType == "GroupQueryAttention")];
    }

    [Fact]
    public void Cached_keys_are_not_turned_around_at_each_token()
    {
        PruneResult result = Prune(ZooModels.Small["genai-gpt"](), 0.4, exact: true);
        OnnxModel pruned = OnnxReader.Load(result.Files!.Model);
        foreach (Value cache in pruned.Graph.Inputs.Where(v => v.Name.StartsWith("past", StringComparison.Ordinal)))
        {
            Value present = cache.Uses.Single(use => use.Node.OpType == "Concat").Node.Outputs[0];
            Assert.DoesNotContain(present.Uses, use => use.Node.OpType == "Transpose" && use.Node.Ints("perm")!.SequenceEqual([0L, 2, 1, 3]));
        }
    }

    [Fact]
    public void A_budget_that_nothing_has_to_go_for_leaves_the_file_as_it_came()
    {
        OnnxModel dense = ZooModels.Small["torch-gpt2-cache"]();
        PruneResult result = Prune(dense, 1);
        Assert.Equal(File.ReadAllBytes(_folder.File("lm.onnx")), File.ReadAllBytes(result.Files!.Model));
    }

    [Theory]
    [InlineData("torch-llama-cache")]
    [InlineData("genai-llama")]
    public void Caches_that_two_runs_do_not_agree_over_stay_and_the_report_says_why(string network)
    {
        OnnxModel dense = ZooModels.Small[network]();
        Graph graph = dense.Graph;
        Node first = graph.Nodes[0];
        Value ids = graph.Inputs[0], one = graph.AddInitializer("one", TensorData.Of([], [1L]));
        Value length = graph.AddNode("Gather", [graph.AddNode("Shape", [ids], "form", first).Outputs[0], one], "length", first).Outputs[0];
        Value number = graph.AddNode("Cast", [length], "number", first, attributes: new Dictionary<string, AttributeData> { ["to"] = (long)Onnx.ElementType.Float32 }).Outputs[0];
        graph.InsertAfter(graph.Outputs[0], "Add", scores => [scores, number]);
        Prune(dense, 0.9, exact: true);
        JsonNode[] refusals = [.. JsonNode.Parse(File.ReadAllText(_folder.File("out/report.json")))!["refusals"]!.AsArray()!];
        Assert.StartsWith("caches stay, and the layers that use them: ", refusals[0]["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static void AssertOneTokenAtATime(OnnxModel pruned, string path, float tolerance)
    {
        using OrtSession session = OrtSession.Load(path, 1);
        long[] ids = [.. Enumerable.Range(0, 9).Select(i => 5L + (i * 7 % 40))];
        float[] whole = session.Run(Inputs(pruned, ids, 0, 9, null))[0]!.ToFloats();
        IReadOnlyList<TensorData?>? before = null;
        for (int i = 0; i < ids.Length; i++)
        {
            before = session.Run(Inputs(pruned, ids, i, i + 1, before));
            float[] one = before[0]!.ToFloats();
            for (int word = 0; word < Words; word++) Assert.Equal(whole[(i * Words) + word], one[word], tolerance);
        }
        Assert.Equal(9, before![1]!.Shape[2]);
    }

    /// <summary>What the session of a generated class feeds: new tokens, what went before, and a mask over both.</summary>
    private static List<TensorData> Inputs(OnnxModel model, long[] ids, int from, int to, IReadOnlyList<TensorData?>? before)
    {
        int caches = 0;
        return [.. model.Graph.Inputs.Select(input => input.Name switch
        {
            "input_ids" => TensorData.Of([1, to - from], ids[from..to]),
            "position_ids" => TensorData.Of([1, to - from], [.. Enumerable.Range(from, to - from).Select(i => (long)i)]),
            "attention_mask" => TensorData.Of([1, to], [.. Enumerable.Repeat(1L, to)]),
            _ => before is null ? new TensorData(input.Type, [.. input.DeclaredShape!.Select((axis, i) => axis.Size ?? (i == 0 ? 1 : 0))], ReadOnlyMemory<byte>.Empty) : before[1 + caches++]!,
        })];
    }

    private PruneResult Prune(OnnxModel model, double macs, bool exact = false)
    {
        _folder.Write("lm.onnx", OnnxWriter.ToBytes(model));
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(0, Words - 5).Select(i => i < 26 ? $"{(char)('a' + i)}" : $"##{(char)('a' + i - 26)}")];
        _folder.Write("vocab.txt", string.Join('\n', vocabulary));
        Random random = new(3);
        _folder.Write("data/texts.txt", string.Join("\n\n", Enumerable.Range(0, 64).Select(_ => string.Join(' ', Enumerable.Range(0, 14).Select(_ => $"{(char)('a' + random.Next(26))}{(char)('a' + random.Next(19))}")))));
        string spec = _folder.Write("lm.prune.yaml", $$"""
            version: 1
            task: causal-lm
            text: { tokenizer: vocab.txt, max-length: 24 }
            data: { personal: { path: data, samples: 48 } }
            prune: { views: 0, exact: {{(exact ? "true" : "false")}}, budget: { macs: {{macs.ToString(System.Globalization.CultureInfo.InvariantCulture)}} } }
            """);
        return new PruneRun(new PrunePipeline(), static _ => { }).Run(new PruneRequest { Spec = spec, Output = _folder.File("out") }, [], TestContext.Current.CancellationToken);
    }
}
