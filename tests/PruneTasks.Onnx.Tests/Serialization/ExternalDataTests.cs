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

    private static OnnxFormatError ErrorOf(string path) => Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(path)).Error;

    private string Write(string location, long offset, long length)
    {
        byte[] bytes = ReaderTests.Build(graph =>
        {
            var tensor = new WireBuilder();
            tensor.Int(TensorFields.Dims, 2);
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
