using System.Text;
using PruneTasks.Onnx;
using PruneTasks.Worker.Tests.Cli;

namespace PruneTasks.Worker.Tests.Hostile;

/// <summary>Models that are not what they seem: an error with an id, exit code 1, nothing written.</summary>
public sealed class HostileModelTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("/etc/hostname")]
    [InlineData("C:\\weights.bin")]
    [InlineData("\\\\server\\share\\weights.bin")]
    [InlineData("file:///etc/hostname")]
    [InlineData("weights.bin:stream")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Weights_outside_of_the_folder_are_refused(string location)
    {
        _worker.Folder.Write("model.onnx", External(location, 0, 36));
        Fails("PRUNE0104");
    }

    [Theory]
    [InlineData(0, 40)]
    [InlineData(4, 36)]
    [InlineData(long.MaxValue, 36)]
    [InlineData(-4, 36)]
    [InlineData(0, -1)]
    public void Weights_that_are_not_in_their_file_are_refused(long offset, long length)
    {
        _worker.Folder.Write("weights.bin", new byte[36]);
        _worker.Folder.Write("model.onnx", External("weights.bin", offset, length));
        Assert.Equal(1, _worker.Prune());
        Assert.Matches("error PRUNE01(01|02|07): ", _worker.Output);
        Assert.False(Directory.Exists(_worker.Folder.File("out")));
    }

    [Fact]
    public void Weights_in_another_file_are_read_and_moved_into_the_pruned_one()
    {
        byte[] weights = new byte[36];
        for (int i = 0; i < 3; i++) BitConverter.TryWriteBytes(weights.AsSpan(16 * i), 1f);
        _worker.Folder.Write("weights.bin", weights);
        _worker.Folder.Write("model.onnx", External("weights.bin", 0, 36));
        var pipeline = new CommandFixture.Smaller();
        Assert.Equal(0, _worker.Prune(pipeline));
        OnnxModel read = OnnxReader.Load(pipeline.Job!.ModelBytes);
        Assert.Equal(0, read.ExternalBytes);
        Assert.Equal(1f, read.Graph.Initializers.Single().Constant!.ToFloats()[4]);
    }

    [Fact]
    public void A_quantised_model_is_refused_with_advice()
    {
        _worker.Folder.Write("model.onnx", Quantised(9, 0));
        Fails("PRUNE0110");
        Assert.Contains("prune the floating-point model", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_laid_out_for_one_processor_is_refused_with_advice()
    {
        Graph graph = new("blocked");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(3, null)]);
        graph.AddOutput(graph.AddNode("ReorderOutput", [x], "y", domain: "com.microsoft.nchwc").Outputs[0], ElementType.Float32, [new(null, "n"), new(3, null)]);
        _worker.Folder.Write("model.onnx", OnnxWriter.ToBytes(OnnxModel.Create(graph, new Dictionary<string, long> { [""] = 17, ["com.microsoft.nchwc"] = 1 }, 8, "tests")));
        Fails("PRUNE0115");
        Assert.Contains("ORT_ENABLE_EXTENDED", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_which_a_small_part_is_quantised_is_pruned_with_a_warning()
    {
        _worker.Folder.Write("model.onnx", Quantised(9, 100));
        Assert.Equal(0, _worker.Prune());
        Assert.Contains("warning PRUNE0114", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_asks_for_terabytes_is_refused()
    {
        var graph = new Graph("bomb");
        Value x = graph.AddInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(4, null), new(4, null)]);
        Value many = graph.AddNode("ConstantOfShape", [graph.AddInitializer("shape", TensorData.Vector(1L << 40))], "many").Outputs[0];
        Value small = graph.AddNode("ReduceMean", [many], "mean").Outputs[0];
        Value flat = graph.AddNode("Flatten", [graph.AddNode("GlobalAveragePool", [x], "p").Outputs[0]], "f").Outputs[0];
        graph.AddOutput(graph.AddNode("Add", [flat, small], "scores").Outputs[0], ElementType.Float32, [new(null, "batch"), new(3, null)]);
        _worker.Folder.Write("model.onnx", OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests")));
        Fails("PRUNE0111");
    }

    [Fact]
    public void A_chain_of_doubled_values_is_looked_at_without_being_computed()
    {
        var graph = new Graph("doubled");
        Value x = graph.AddInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(4, null), new(4, null)]);
        Value chain = graph.AddInitializer("c", TensorData.Of([1, 3], 1f, 2f, 3f));
        for (int i = 0; i < 60; i++) chain = graph.AddNode("Concat", [chain, chain], "d", attributes: new Dictionary<string, AttributeData> { ["axis"] = 0L }).Outputs[0];
        Value flat = graph.AddNode("Flatten", [graph.AddNode("GlobalAveragePool", [x], "p").Outputs[0]], "f").Outputs[0];
        Value mean = graph.AddNode("ReduceMean", [chain], "mean", attributes: new Dictionary<string, AttributeData> { ["axes"] = new long[] { 0 } }).Outputs[0];
        graph.AddOutput(graph.AddNode("Add", [flat, mean], "scores").Outputs[0], ElementType.Float32, [new(null, "batch"), new(3, null)]);
        _worker.Folder.Write("model.onnx", OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests")));
        long before = GC.GetTotalAllocatedBytes();
        Fails("PRUNE0111");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 256L << 20);
    }

    private void Fails(string id)
    {
        string[] before = _worker.Folder.Files();
        Assert.Equal(1, _worker.Prune());
        Assert.Contains($"error {id}: ", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(before, _worker.Folder.Files());
    }

    // The classifier of the fixture, whose 3 x 3 weight lies in another file.
    private static byte[] External(string location, long offset, long length)
    {
        byte[] whole = TestModels.ChannelMeans(4);
        OnnxModel model = OnnxReader.Load(whole);
        byte[] name = Encoding.UTF8.GetBytes(model.Graph.Initializers.Single().Name);
        byte[] entries = [.. Entry("location", location), .. Entry("offset", Text(offset)), .. Entry("length", Text(length))];
        byte[] tensor = [8, 3, 8, 3, 16, 1, .. Field(8, name), .. entries, 112, 1];
        var graph = new Graph("image");
        Value x = graph.AddInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(4, null), new(4, null)]);
        Value flat = graph.AddNode("Flatten", [graph.AddNode("GlobalAveragePool", [x], "pooled").Outputs[0]], "flat").Outputs[0];
        Value w = graph.AddInitializer(Encoding.UTF8.GetString(name), TensorData.Of([3, 3], new float[9]));
        graph.AddOutput(graph.AddNode("MatMul", [flat, w], "scores").Outputs[0], ElementType.Float32, [new(null, "batch"), new(3, null)]);
        byte[] bytes = OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));
        // Written out by hand: ir_version, the graph without its weight, and the opset.
        byte[] inline = [8, 3, 8, 3, 16, 1, .. Field(8, name), .. Field(9, new byte[36])];
        byte[] old = Field(5, inline), replacement = Field(5, tensor);
        int at = bytes.AsSpan().IndexOf(old);
        Assert.True(at > 0);
        int graphAt = bytes.AsSpan().IndexOf((byte)0x3A);
        int from = graphAt + 1, size = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[from++];
            size |= (next & 0x7f) << shift;
            if (next < 0x80) break;
        }
        byte[] body = [.. bytes[from..at], .. replacement, .. bytes[(at + old.Length)..(from + size)]];
        return [.. bytes[..graphAt], .. Field(7, body), .. bytes[(from + size)..]];
    }

    private static byte[] Quantised(int integers, int floats)
    {
        var graph = new Graph("quantised");
        Value x = graph.AddInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(4, null), new(4, null)]);
        Value flat = graph.AddNode("Flatten", [graph.AddNode("GlobalAveragePool", [x], "p").Outputs[0]], "f").Outputs[0];
        Value weight = graph.AddInitializer("w", new TensorData(ElementType.Int8, [3, 3], new byte[integers]));
        Value real = graph.AddNode("DequantizeLinear", [weight, graph.AddInitializer("s", TensorData.Of([], 0.1f)), graph.AddInitializer("z", new TensorData(ElementType.Int8, [], new byte[1]))], "r").Outputs[0];
        Value y = graph.AddNode("MatMul", [flat, real], "y").Outputs[0];
        if (floats > 0)
        {
            y = graph.AddNode("MatMul", [y, graph.AddInitializer("a", TensorData.Of([3, floats], new float[3 * floats]))], "u").Outputs[0];
            y = graph.AddNode("MatMul", [y, graph.AddInitializer("b", TensorData.Of([floats, 3], new float[3 * floats]))], "v").Outputs[0];
        }
        graph.AddOutput(y, ElementType.Float32, [new(null, "batch"), new(3, null)]);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));
    }

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Entry(string key, string value) => Field(13, [.. Field(1, Encoding.UTF8.GetBytes(key)), .. Field(2, Encoding.UTF8.GetBytes(value))]);

    private static byte[] Field(int number, byte[] content) => [.. Varint((number << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Varint(int value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
