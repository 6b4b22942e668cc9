using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Worker.Data;

namespace PruneTasks.Torch.Tests.Rewriting;

/// <summary>The token slice on trained models of real exporters, in ONNX Runtime.</summary>
public sealed class TokenSliceRealModelTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op13", 0.1268, 18)]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17", 0.1268, 18)]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op13", 0.1134, 18)]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op17", 0.1134, 18)]
    [InlineData("kwt1-12/kwt1_12_labels", 0.0532, 39)]
    public void Class_token_is_all_that_the_last_block_computes(string name, double saved, int units)
    {
        (OnnxModel model, IReadOnlyDictionary<string, TensorData> inputs) = Load(name);
        float[] dense = OrtRun.First(model, inputs);
        SitePreparation.MakeWeightsInitializers(model.Graph);
        string[] before = Units(model);
        TokenSliceResult result = TokenSlice.Apply(model, ShapeInvariants.Find(model))!;
        double share = 1 - ((double)result.MacsAfter / result.MacsBefore), difference = OrtRun.Difference(dense, OrtRun.First(model, inputs));
        output.WriteLine($"{name}: {share:p2} saved, {result.Selections.Single().Nodes} nodes, difference {difference:g2}");
        Assert.Equal([0L], result.Selections.Single().Tokens);
        Assert.True(difference <= 1e-5);
        Assert.Equal(saved, share, 0.0001);
        Assert.Equal(before, Units(model));
        Assert.Equal(units, before.Length);
    }

    [Theory]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op13")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17")]
    [InlineData("stories260K/stories260K_op17")]
    [InlineData("fastestdet/FastestDet")]
    [InlineData("ultraface-rfb320/version-RFB-320")]
    public void Model_whose_head_reads_all_tokens_is_left_alone(string name)
    {
        (OnnxModel model, _) = Load(name);
        byte[] before = OnnxWriter.ToBytes(model);
        Assert.Null(TokenSlice.Apply(model, ShapeInvariants.Find(model)));
        Assert.Equal(before, OnnxWriter.ToBytes(model));
    }

    private static string[] Units(OnnxModel model) =>
        [.. UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default())).Sites.Select(s => $"{s.Kind} {s.Units}")];

    private static (OnnxModel, IReadOnlyDictionary<string, TensorData>) Load(string name)
    {
        string path = SharedFolder.Require(["models", .. (name + ".onnx").Split('/')]);
        using FileStream file = File.OpenRead(Path.ChangeExtension(path, ".ort1311_io.npz"));
        return (OnnxReader.Load(path), NpzReader.Read(file).Where(a => a.Key.StartsWith("in__", StringComparison.Ordinal)).ToDictionary(a => a.Key[4..], a => a.Value));
    }
}
