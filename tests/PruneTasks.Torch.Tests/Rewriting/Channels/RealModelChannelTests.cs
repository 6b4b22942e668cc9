using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Worker.Data;

namespace PruneTasks.Torch.Tests.Rewriting.Channels;

/// <summary>Trained models of several exporters, on recorded inputs: every site by itself and all at once.</summary>
public sealed class RealModelChannelTests
{
    [Theory]
    [InlineData("winml-squeezenet-fp16/SqueezeNet_fp16", 2e-2)]
    [InlineData("ultraface-rfb320/version-RFB-320", 1e-4)]
    [InlineData("ultraface-rfb320-simplified/version-RFB-320_simplified", 1e-4)]
    [InlineData("fastestdet/FastestDet", 1e-4)]
    [InlineData("dtln-1/dtln_model_1", 1e-4)]
    [InlineData("kwt1-12/kwt1_12_labels", 1e-4)]
    [InlineData("magika-v3_3/magika_v3_3", 1e-4)]
    [InlineData("rten-mnist/mnist", 1e-4)]
    [InlineData("silero-vad-op18-ifless/silero_vad_op18_ifless", 1e-4)]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8", 1e-4)]
    [InlineData("stories260K/stories260K_op17", 1e-4)]
    [InlineData("gesture-keypoint/keypoint_classifier", 1e-4)]
    public void Trained_model_without_channels_computes_what_it_does_with_them_gated(string name, double tolerance)
    {
        string path = SharedFolder.Require(["models", .. (name + ".onnx").Split('/')]);
        using FileStream file = File.OpenRead(Path.ChangeExtension(path, ".ort1311_io.npz"));
        Dictionary<string, TensorData> inputs = NpzReader.Read(file).Where(a => a.Key.StartsWith("in__", StringComparison.Ordinal)).ToDictionary(a => a.Key[4..], a => a.Value);
        byte[] bytes = File.ReadAllBytes(path);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        (OnnxModel model, UnitInventory inventory) = ChannelCheck.Prepare(bytes);
        ITestOutputHelper? log = TestContext.Current.TestOutputHelper;
        log?.WriteLine($"{name}: {inventory.Sites.Count} sites in {watch.ElapsedMilliseconds} ms, {model.Graph.Nodes.Count} nodes");
        foreach (PruneSite site in inventory.Sites) log?.WriteLine($"  {site.Kind} {site.Name} {site.Units}");
        foreach (Refusal refusal in inventory.Refusals.Where(r => r.Kind == UnitKind.Channel)) log?.WriteLine($"  - {refusal.Where}: {refusal.Reason}, {refusal.Detail}");
        ChannelCheck.Run(OnnxReader.Load(bytes), inputs, tolerance, [0.5]);
    }
}
