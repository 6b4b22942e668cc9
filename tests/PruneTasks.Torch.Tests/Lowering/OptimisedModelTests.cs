using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Real models as ONNX Runtime's optimiser writes them: fused operators of com.microsoft, in the forms that it makes.</summary>
public sealed class OptimisedModelTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17")]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op17")]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17")]
    [InlineData("stories260K/stories260K_op17")]
    [InlineData("kwt1-12/kwt1_12_labels", 1e-3)]
    [InlineData("magika-v3_3/magika_v3_3")]
    [InlineData("fastestdet/FastestDet")]
    [InlineData("ultraface-rfb320/version-RFB-320")]
    [InlineData("dtln-1/dtln_model_1")]
    [InlineData("silero-vad-op18-ifless/silero_vad_op18_ifless")]
    public void Models_that_the_runtime_has_optimised_give_what_they_gave(string name, double tolerance = 1e-4)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        (_, Dictionary<Value, Tensor> inputs, IReadOnlyDictionary<string, TensorData> expected) = RecordedRun.Load(name);
        OnnxModel model = Optimised(SharedFolder.Require(["models", .. (name + ".onnx").Split('/')]));
        string[] fused = [.. model.Graph.Nodes.Where(n => n.Domain.Length > 0).Select(n => n.OpType).Distinct().Order(StringComparer.Ordinal)];
        output.WriteLine($"{name}: {string.Join(" ", fused)}");
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Assert.True(lowered.Refusals.Count == 0, string.Join("; ", lowered.Refusals));
        Dictionary<string, Tensor> given = inputs.ToDictionary(i => i.Key.Name, i => i.Value);
        IReadOnlyList<Tensor> outputs = lowered.Run(model.Graph.Inputs.ToDictionary(v => v, v => given[v.Name]), model.Graph.Outputs);
        for (int i = 0; i < outputs.Count; i++)
        {
            Tensor wanted = TorchTypes.ToTensor(expected[model.Graph.Outputs[i].Name]);
            Assert.Equal(wanted.shape, outputs[i].shape);
            double difference = (wanted.to(float64) - outputs[i].to(float64)).abs().max().item<double>();
            Assert.True(difference <= tolerance, $"{model.Graph.Outputs[i].Name} differs by {difference:g4}");
        }
        // What the table says of them fits: shapes are known as far as they were before.
        InferredShapes before = ShapeInference.Run(OnnxReader.Load(SharedFolder.Require(["models", .. (name + ".onnx").Split('/')])), ShapeBinding.Exact(given.ToDictionary(g => g.Key, g => (IReadOnlyList<long>)g.Value.shape)));
        InferredShapes after = ShapeInference.Run(model, ShapeBinding.Exact(given.ToDictionary(g => g.Key, g => (IReadOnlyList<long>)g.Value.shape)));
        string[] lost = [.. after.Unknown.Where(u => u.Value.Reason is UnknownShape.NoRule or UnknownShape.UnknownOperator or UnknownShape.Inconsistent).Select(u => $"{u.Key}: {u.Value.Detail}")];
        Assert.True(before.Unknown.Count > 0 || lost.Length == 0, string.Join("; ", lost));
    }

    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17")]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17")]
    [InlineData("stories260K/stories260K_op17")]
    [InlineData("kwt1-12/kwt1_12_labels")]
    [InlineData("fastestdet/FastestDet")]
    [InlineData("ultraface-rfb320/version-RFB-320")]
    public void Taken_apart_they_give_the_same_and_hold_the_units_of_the_original(string name)
    {
        using var scope = NewDisposeScope();
        string path = SharedFolder.Require(["models", .. (name + ".onnx").Split('/')]);
        (_, Dictionary<Value, Tensor> inputs, _) = RecordedRun.Load(name);
        Dictionary<string, TensorData> given = inputs.ToDictionary(i => i.Key.Name, i => Data(i.Value));
        OnnxModel original = OnnxReader.Load(path), model = Optimised(path);
        IReadOnlyList<TensorData> wanted = RuntimeAnswer.Of(OnnxWriter.ToBytes(model), given)!;
        int fused = model.Graph.Nodes.Count(n => n.Domain.Length > 0), apart = Unfusing.Apply(model);
        IReadOnlyList<TensorData> got = RuntimeAnswer.Of(OnnxWriter.ToBytes(model), given)!;
        for (int i = 0; i < got.Count; i++)
        {
            float[] a = wanted[i].ToFloats(), b = got[i].ToFloats();
            Assert.True(a.Zip(b).Max(p => Math.Abs(p.First - p.Second)) <= 1e-4 * Math.Max(1, a.Max(Math.Abs)), model.Graph.Outputs[i].Name);
        }
        (int before, int after) = (Units(original), Units(model));
        output.WriteLine($"{name}: {apart} of {fused} taken apart; {after} of {before} units");
        Assert.True(after >= before, $"{after} of {before} units");

        static int Units(OnnxModel model)
        {
            SitePreparation.Prepare(model);
            return UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default())).Sites.Sum(s => s.Units);
        }
    }

    private static TensorData Data(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Int64 => TensorData.Of(tensor.shape, tensor.data<long>().ToArray()),
        ScalarType.Int32 => OperatorTrial.Int32(tensor.shape, tensor.data<int>().ToArray()),
        _ => TensorData.Of(tensor.shape, tensor.to(float32).data<float>().ToArray()),
    };

    private static OnnxModel Optimised(string path)
    {
        string folder = Directory.CreateTempSubdirectory("optimised").FullName;
        try
        {
            string file = Path.Combine(folder, "optimised.onnx");
            // Extended: fused, but not in a layout of this processor.
            using (SessionOptions options = new() { OptimizedModelFilePath = file, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR })
                new InferenceSession(path, options).Dispose();
            return OnnxReader.Load(File.ReadAllBytes(file));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
