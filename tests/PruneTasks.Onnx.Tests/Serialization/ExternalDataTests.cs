using System.Globalization;
using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx.Tests.Serialization;

public sealed class ExternalDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("prunetasks-external").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Weights_beside_the_model_are_read_kept_and_moved_along()
    {
        File.WriteAllBytes(Path.Combine(_folder, "weights.bin"), [0, 0, 0, 0, .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]);
        string path = Write("weights.bin", offset: 4, length: 8);
        OnnxModel model = OnnxReader.Load(path);
        Assert.Equal([1.5f, -2f], model.Graph.Values["w"].Constant!.ToFloats());

        string other = Path.Combine(_folder, "other", "model.onnx");
        Directory.CreateDirectory(Path.GetDirectoryName(other)!);
        OnnxWriter.Save(model, other);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(other));
        Assert.Equal([1.5f, -2f], OnnxReader.Load(other).Graph.Values["w"].Constant!.ToFloats());

        OnnxModel inlined = OnnxReader.Load(OnnxWriter.ToBytes(model, inlineExternalData: true));
        Assert.Equal([1.5f, -2f], inlined.Graph.Values["w"].Constant!.ToFloats());
    }

    [Theory]
    [InlineData("../weights.bin")]
    [InlineData("sub/../../weights.bin")]
    [InlineData("..\\weights.bin")]
    [InlineData("/etc/hostname")]
    [InlineData("C:\\weights.bin")]
    public void Paths_that_leave_the_folder_are_refused(string location) =>
        Assert.Equal(OnnxFormatError.ExternalPathRefused, ErrorOf(Write(location, 0, 8)));

    [Fact]
    public void Links_are_refused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "real.bin"), new byte[8]);
        try
        {
            File.CreateSymbolicLink(Path.Combine(_folder, "link.bin"), Path.Combine(_folder, "real.bin"));
        }
        catch (IOException)
        {
            Assert.Skip("links cannot be made here");
        }
        Assert.Equal(OnnxFormatError.ExternalPathRefused, ErrorOf(Write("link.bin", 0, 8)));
    }

    [Fact]
    public void Missing_and_short_files_are_named()
    {
        Assert.Equal(OnnxFormatError.ExternalDataMissing, ErrorOf(Write("none.bin", 0, 8)));
        File.WriteAllBytes(Path.Combine(_folder, "short.bin"), new byte[7]);
        Assert.Equal(OnnxFormatError.ExternalDataMissing, ErrorOf(Write("short.bin", 0, 8)));
        Assert.Equal(OnnxFormatError.InvalidTensor, ErrorOf(Write("short.bin", 0, 4)));
    }

    [Fact]
    public void A_single_tensor_over_2_GB_is_refused_by_name()
    {
        const int Elements = 600_000_000;
        // A hole: it takes no room.
        using (FileStream stream = File.Create(Path.Combine(_folder, "huge.bin"))) stream.SetLength(4L * Elements);
        string path = Write("huge.bin", 0, 4L * Elements, Elements);
        OnnxFormatException problem = Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(path));
        Assert.Equal(OnnxFormatError.InvalidTensor, problem.Error);
        Assert.Contains("'w' has 2400000000 bytes", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_files_are_aligned_share_what_is_shared_and_are_read_back(bool throughStore)
    {
        float[] large = [.. Enumerable.Range(0, 300_000).Select(i => (float)i)], small = [.. Enumerable.Range(0, 2000).Select(i => i * 0.5f)];
        using TensorStore? store = throughStore ? new TensorStore(Path.Combine(_folder, "store"), smallest: 4096) : null;
        var graph = new Graph("two", store);
        Value x = graph.AddInput("x", ElementType.Float32, [new Axis(2000, null)]);
        Value a = graph.AddInitializer("a", TensorData.Of([2000], small)), b = graph.AddInitializer("b", TensorData.Of([300_000], large));
        Value shared = graph.AddInitializer("shared", a.Constant!), one = graph.AddInitializer("one", TensorData.Of([1], 3f));
        Value sum = graph.AddNode("Add", [graph.AddNode("Add", [x, a], "s").Outputs[0], shared], "t").Outputs[0];
        graph.AddOutput(graph.AddNode("Concat", [sum, b, one], "y", attributes: new Dictionary<string, AttributeData> { ["axis"] = 0L }).Outputs[0], ElementType.Float32, null);
        string path = Path.Combine(_folder, "two.onnx");
        OnnxModel model = OnnxModel.Create(graph, 17, 8, "tests");
        OnnxWriter.SaveInTwo(model, path, ".data");

        OnnxModel read = OnnxReader.Load(path);
        Assert.Equal(["two.onnx.data"], read.ExternalLocations);
        Assert.Equal(small, read.Graph.Values["a"].Constant!.ToFloats());
        Assert.Equal(small, read.Graph.Values["shared"].Constant!.ToFloats());
        Assert.Equal(large, read.Graph.Values["b"].Constant!.ToFloats());
        Assert.Equal((true, true, false), (read.Graph.Values["a"].Constant!.IsMapped, read.Graph.Values["b"].Constant!.IsMapped, read.Graph.Values["one"].Constant!.IsMapped));
        // 'b' at 64 KiB, behind 'a'; 'shared' on top of 'a' where it was one content.
        Assert.Equal(throughStore ? 65536 + (4 * 300_000) : (65536 + (4 * 300_000) + 4095) / 4096 * 4096 + 8000, new FileInfo(path + ".data").Length);
        Assert.Equal(new FileInfo(path + ".data").Length, read.ExternalFileBytes);
        Assert.Equal(OnnxWriter.ToBytes(model).Length, OnnxWriter.LengthInOne(model));
        Assert.Equal(large, OnnxReader.Load(OnnxWriter.ToBytes(read, inlineExternalData: true)).Graph.Values["b"].Constant!.ToFloats());
    }

    private static OnnxFormatError ErrorOf(string path) => Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(path)).Error;

    private string Write(string location, long offset, long length, long elements = 2)
    {
        byte[] bytes = ReaderTests.Build(graph =>
        {
            var tensor = new WireBuilder();
            tensor.Int(TensorFields.Dims, elements);
            tensor.Int(TensorFields.DataType, (long)ElementType.Float32);
            tensor.Text(TensorFields.Name, "w");
            Entry(tensor, "location", location);
            Entry(tensor, "offset", offset.ToString(CultureInfo.InvariantCulture));
            Entry(tensor, "length", length.ToString(CultureInfo.InvariantCulture));
            tensor.Int(TensorFields.DataLocation, 1);
            graph.Message(GraphFields.Initializer, tensor);
            graph.Message(GraphFields.Node, ReaderTests.Node("Relu", "w", "y"));
        });
        string path = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void Entry(WireBuilder tensor, string key, string value)
    {
        var entry = new WireBuilder();
        entry.Text(EntryFields.Key, key);
        entry.Text(EntryFields.Value, value);
        tensor.Message(TensorFields.ExternalData, entry);
    }
}
