using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using PruneTasks.Worker.Data;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

public sealed class RealModelLoweringTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op13")]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17")]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op13")]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op17")]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op13")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17")]
    [InlineData("stories260K/stories260K_op13")]
    [InlineData("stories260K/stories260K_op17")]
    [InlineData("kwt1-12/kwt1_12_labels", 1e-3)]
    [InlineData("magika-v3_3/magika_v3_3")]
    [InlineData("dtln-1/dtln_model_1")]
    [InlineData("silero-vad-op18-ifless/silero_vad_op18_ifless")]
    [InlineData("rten-mnist/mnist")]
    [InlineData("gesture-keypoint/keypoint_classifier")]
    [InlineData("fastestdet/FastestDet")]
    [InlineData("ultraface-rfb320/version-RFB-320")]
    [InlineData("ultraface-rfb320-simplified/version-RFB-320_simplified")]
    // Half precision in the file and in ONNX Runtime, float32 here.
    [InlineData("winml-squeezenet-fp16/SqueezeNet_fp16", 2e-3)]
    public void Agrees_with_onnx_runtime_on_the_recorded_inputs(string model, double tolerance = 1e-4)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        (OnnxModel onnx, Dictionary<Value, Tensor> inputs, IReadOnlyDictionary<string, TensorData> expected) = RecordedRun.Load(model);
        using LoweredGraph lowered = LoweredGraph.Create(onnx);
        Assert.Empty(lowered.Refusals);
        IReadOnlyList<Tensor> outputs = lowered.Run(inputs, onnx.Graph.Outputs);
        for (int i = 0; i < outputs.Count; i++)
        {
            Tensor wanted = TorchTypes.ToTensor(expected[onnx.Graph.Outputs[i].Name]);
            Assert.Equal(wanted.shape, outputs[i].shape);
            double difference = (wanted.to(float64) - outputs[i].to(float64)).abs().max().item<double>();
            output.WriteLine($"{model} {onnx.Graph.Outputs[i].Name}: {difference:g3}");
            Assert.True(difference <= tolerance, $"{onnx.Graph.Outputs[i].Name} differs by {difference:g4}");
        }
    }
}

/// <summary>A model with the inputs and outputs that ONNX Runtime 1.31.1 gave for it.</summary>
internal static class RecordedRun
{
    internal static (OnnxModel Model, Dictionary<Value, Tensor> Inputs, IReadOnlyDictionary<string, TensorData> Outputs) Load(string model)
    {
        string path = SharedFolder.Require(["models", .. (model + ".onnx").Split('/')]);
        OnnxModel onnx = OnnxReader.Load(path);
        using FileStream file = File.OpenRead(Path.ChangeExtension(path, ".ort1311_io.npz"));
        Dictionary<string, TensorData> arrays = new(NpzReader.Read(file));
        Dictionary<Value, Tensor> inputs = onnx.Graph.Inputs.ToDictionary(v => v, v => TorchTypes.ToTensor(arrays["in__" + v.Name]));
        return (onnx, inputs, arrays.Where(a => a.Key.StartsWith("out__", StringComparison.Ordinal)).ToDictionary(a => a.Key[5..], a => a.Value));
    }
}
