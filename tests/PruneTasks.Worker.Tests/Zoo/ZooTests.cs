using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Zoo;

namespace PruneTasks.Worker.Tests.Zoo;

/// <summary>Networks in the manner of many exporters: what can go is found, and taking it out is exact. Whole runs: the commands <c>zoo</c> and <c>models</c> of the benchmarks.</summary>
public sealed class ZooTests
{
    /// <summary>Sites of each kind: feed-forward, query-key, value-output, channels.</summary>
    public static TheoryData<string, int, int, int, int> Networks => new()
    {
        { "caffe2-inception", 0, 0, 0, 12 },
        { "cntk-digits", 1, 0, 0, 2 },
        { "genai-gpt", 2, 2, 2, 0 },
        { "genai-gpt-causal", 2, 2, 2, 0 },
        { "genai-llama", 2, 2, 2, 0 },
        { "genai-llama-half", 2, 2, 2, 0 },
        { "genai-llama-no-mask", 2, 2, 2, 0 },
        { "genai-llama-own-keys", 2, 2, 2, 0 },
        { "genai-llama-packed", 2, 2, 2, 0 },
        { "genai-llama-turned-outside", 2, 2, 2, 0 },
        { "genai-qwen-2", 2, 2, 2, 0 },
        { "genai-qwen-3", 2, 0, 2, 0 },
        { "keras-conv-lstm", 1, 0, 0, 3 },
        { "matlab-alexnet", 1, 0, 0, 1 },
        { "mxnet-face", 0, 0, 0, 4 },
        { "onnx-attention-cache", 2, 2, 2, 0 },
        { "onnx-attention-cache-causal", 2, 2, 2, 0 },
        { "paddle-mobilenet-v3", 0, 0, 0, 8 },
        { "paddle-text-detector", 0, 0, 0, 15 },
        { "paddle-text-detector-by-factors", 0, 0, 0, 15 },
        { "paddle-text-recogniser", 2, 2, 2, 2 },
        { "sklearn-mlp", 2, 0, 0, 0 },
        { "tf-bert", 3, 2, 2, 0 },
        { "tf-channels-last", 1, 0, 0, 3 },
        { "tf-efficientnet", 0, 0, 0, 9 },
        { "tf-mobilenet-v2", 0, 0, 0, 6 },
        { "torch-bert", 3, 2, 2, 0 },
        { "torch-clip", 2, 2, 2, 0 },
        { "torch-conformer", 4, 2, 2, 4 },
        { "torch-convnext", 4, 0, 0, 0 },
        { "torch-deit", 2, 2, 2, 0 },
        { "torch-densenet", 0, 0, 0, 15 },
        { "torch-generator", 0, 0, 0, 3 },
        { "torch-gpt2", 2, 2, 2, 0 },
        { "torch-gpt2-cache", 2, 2, 2, 0 },
        { "torch-llama-cache", 2, 2, 2, 0 },
        { "torch-nafnet", 0, 0, 0, 4 },
        { "torch-normalized-layers", 0, 0, 0, 2 },
        { "torch-normalized-layers-in-one-operator", 0, 0, 0, 2 },
        { "torch-resnet", 0, 0, 0, 11 },
        { "torch-resnext", 0, 0, 0, 6 },
        { "torch-segformer", 0, 2, 2, 4 },
        { "torch-siamese", 0, 0, 0, 2 },
        { "torch-speech-gru", 2, 0, 0, 4 },
        { "torch-style-transfer", 0, 0, 0, 5 },
        { "torch-super-resolution", 0, 0, 0, 4 },
        { "torch-swin", 4, 4, 4, 0 },
        { "torch-t5", 2, 2, 2, 0 },
        { "torch-tabular", 0, 0, 0, 6 },
        { "torch-tcn", 0, 0, 0, 5 },
        { "torch-unet", 0, 0, 0, 10 },
        { "torch-vgg", 2, 0, 0, 6 },
        { "torch-vit-all-axes-open", 2, 2, 2, 0 },
        { "torch-whisper", 3, 4, 4, 1 },
        { "torch-yolo-v5", 0, 0, 0, 4 },
        { "torch-yolo-v8", 0, 0, 0, 34 },
    };

    [Fact]
    public void Every_network_has_its_row() => Assert.Equal(ZooModels.Small.Keys.Order(StringComparer.Ordinal), Networks.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Networks))]
    public void What_can_go_is_found_and_taking_it_out_is_exact(string name, int ffn, int qk, int vo, int channels)
    {
        byte[] file = OnnxWriter.ToBytes(ZooModels.Small[name]());
        OnnxModel model = OnnxReader.Load(file);
        // Caches are left out as for a spec with 'task: causal-lm'.
        Value[] pasts = [.. model.Graph.Inputs.Where(i => i.Name.StartsWith("past", StringComparison.Ordinal))];
        DecoderStates.Take(model, OnnxReader.Load(file), pasts.Zip(model.Graph.Outputs.Skip(1), (past, present) => new StateName(past.Name, present.Name, 2)), operators: true);
        Unfusing.Apply(model);
        MeanLayers.Apply(model);
        CalibrationSet samples = Samples(model);
        ShapeBinding one = ShapeBinding.Exact(samples.Inputs.Zip(samples.Samples[0].Inputs).ToDictionary(p => p.First.Name, p => p.Second.Shape));
        PreparedModel prepared = PreparedModel.From(model, one);
        int Of(UnitKind kind) => prepared.Inventory.Sites.Count(site => site.Kind == kind);
        Assert.Equal((ffn, qk, vo, channels), (Of(UnitKind.Ffn), Of(UnitKind.QueryKey), Of(UnitKind.ValueOutput), Of(UnitKind.Channel)));
        Assert.Equal([], RemovalCheck.Run(prepared, samples, 42, 1).Select(wrong => $"{wrong.Site.Name}: {wrong.Why}"));
    }

    [Theory]
    [InlineData("torch-normalized-layers", 2)]
    [InlineData("torch-normalized-layers-in-one-operator", 2)]
    [InlineData("torch-tabular", 1)]
    [InlineData("torch-bert", 0)]
    [InlineData("torch-deit", 0)]
    [InlineData("torch-convnext", 0)]
    [InlineData("paddle-text-recogniser", 0)]
    public void Means_over_hidden_layers_become_layers_and_those_over_the_residual_stream_stay(string name, int hidden)
    {
        byte[] dense = OnnxWriter.ToBytes(ZooModels.Small[name]());
        OnnxModel model = OnnxReader.Load(dense);
        SitePreparation.MakeWeightsInitializers(model.Graph);
        int means = model.Graph.Nodes.Count(n => n.OpType is "ReduceMean" or "LayerNormalization");
        Assert.Equal(hidden, MeanLayers.Apply(model));
        Assert.Equal(hidden > 0, model.Graph.Nodes.Count(n => n.OpType is "ReduceMean" or "LayerNormalization") < means);
        CalibrationSet samples = Samples(model);
        using OrtSession before = OrtSession.Load(dense, "dense", 1), after = OrtSession.Load(OnnxWriter.ToBytes(model), "rewritten", 1);
        foreach (Sample sample in samples.Samples)
        {
            OutputDistance distance = OutputDistance.Between(before.Run(sample.Inputs)[0], after.Run(sample.Inputs)[0]);
            Assert.True(distance.Relative < 1e-5, $"{distance.Relative:g3} {distance.Why}");
        }
    }

    [Theory]
    [InlineData("torch-normalized-layers")]
    [InlineData("torch-normalized-layers-in-one-operator")]
    public void What_is_left_of_a_normalised_layer_becomes_one_operator_again(string name)
    {
        OnnxModel model = OnnxReader.Load(OnnxWriter.ToBytes(ZooModels.Small[name]()));
        MeanLayers.Apply(model);
        CalibrationSet samples = Samples(model);
        PreparedModel prepared = PreparedModel.From(model, ShapeBinding.Taken(model, 1));
        // Shares that differ, as after a repair.
        foreach (Value shares in model.Graph.Initializers.Where(v => v.Constant is { Shape: [_, 1] }).ToArray())
            model.Graph.SetInitializer(shares, TensorData.Of(shares.Constant!.Shape, [.. shares.Constant.ToFloats().Select((v, i) => v * (1 + (i % 3)))]));
        PhysicalRemoval.Apply(model, [.. prepared.Inventory.Sites.Select(site => new SiteRemoval(site, [.. Enumerable.Range(0, site.Units).Where(u => u % 4 != 1)]))], prepared.Invariants);
        byte[] apart = OnnxWriter.ToBytes(model);
        OnnxModel read = OnnxReader.Load(apart);
        // The layer behind an activation stays in pieces.
        Assert.Equal(1, RootMeanSquareFusing.Apply(read));
        Assert.Single(read.Graph.Nodes, n => n.OpType == "SimplifiedLayerNormalization");
        Assert.Single(read.Graph.Nodes, n => n.OpType == "Sqrt");
        using OrtSession before = OrtSession.Load(apart, "in pieces", 1), after = OrtSession.Load(OnnxWriter.ToBytes(read), "fused", 1);
        foreach (Sample sample in samples.Samples) Assert.True(OutputDistance.Between(before.Run(sample.Inputs)[0], after.Run(sample.Inputs)[0]).Relative < 1e-5);
    }

    /// <summary>Random inputs; open axes are short, words are few, masks all ones.</summary>
    private static CalibrationSet Samples(OnnxModel model)
    {
        Random random = new(5);
        ModelInput[] inputs = [.. model.Graph.Inputs.Select(i => new ModelInput(i.Name, i.Type, i.DeclaredShape))];
        bool isImage = inputs.Any(i => i.Shape!.Count == 4 && i.Type == ElementType.Float32 && i.Shape[1].Size is 3 or null);
        ShapeBinding taken = ShapeBinding.Taken(model, 1, isImage ? 64 : 12).For(model.Graph);
        return new CalibrationSet(inputs, [.. Enumerable.Range(0, 3).Select(n => new Sample($"{n}", [.. inputs.Select(Draw)], null))]);

        TensorData Draw(ModelInput input)
        {
            long[] shape = [.. taken.ShapeOf(model.Graph.Inputs.Single(i => i.Name == input.Name))!.Zip(input.Shape!, (size, axis) => axis.Symbol == "past" ? 0 : size)];
            int count = (int)shape.Aggregate(1L, (a, b) => a * b);
            return input.Type is ElementType.Int64 or ElementType.Int32
                ? TensorConversion.To(TensorData.Of(shape, [.. Enumerable.Range(0, count).Select(_ => input.Name.Contains("mask", StringComparison.Ordinal) ? 1L : random.NextInt64(input.Name.Contains("type", StringComparison.Ordinal) ? 2 : 9))]), input.Type)
                : TensorData.FromFloats(input.Type, shape, [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))]);
        }
    }
}
