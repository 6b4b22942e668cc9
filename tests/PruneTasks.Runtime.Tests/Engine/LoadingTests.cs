using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Tests;

namespace PruneTasks.Runtime.Tests.Engine;

/// <summary>A model in the assembly as it is, compressed, or beside the app.</summary>
public sealed class LoadingTests : IDisposable
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "prunetasks", Guid.NewGuid().ToString("n"))).FullName;
    private readonly byte[] _model = new TinyOnnx().Input("x", TensorElementType.Float, 1).Node("Neg", "x", "y").Output("y", TensorElementType.Float, 1).ToBytes();

    [Fact]
    public void A_compressed_resource_is_inflated()
    {
        using InferenceSession session = Open(("m.onnx.br", Compressed(_model.Length)));
        Assert.Equal(["x"], session.InputNames);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1000)]
    public void A_damaged_one_is_a_load_error(int more)
    {
        ModelException exception = Assert.Throws<ModelException>(() => Open(("m.onnx.br", Compressed(_model.Length + more))));
        Assert.Equal(ModelErrorKind.Load, exception.Kind);
        Assert.Contains("m.onnx", exception.Message);
    }

    [Fact]
    public void A_file_beside_the_app_is_taken_when_it_is_the_one_that_was_built()
    {
        string path = Path.Combine(_folder, "m.onnx");
        File.WriteAllBytes(path, _model);
        string pointer = Pointer(path, _model);
        using (InferenceSession session = Open(("m.onnx.files.json", Encoding.UTF8.GetBytes(pointer))))
            Assert.Equal(["y"], session.OutputNames);

        byte[] other = [.. _model];
        other[^1] ^= 1;
        File.WriteAllBytes(path, other);
        Refused("another SHA-256");
        File.WriteAllBytes(path, [.. _model, 0]);
        Refused("bytes, not");
        File.Delete(path);
        Refused("is missing");

        void Refused(string reason)
        {
            ModelException exception = Assert.Throws<ModelException>(() => Open(("m.onnx.files.json", Encoding.UTF8.GetBytes(pointer))));
            Assert.Equal(ModelErrorKind.Load, exception.Kind);
            Assert.Contains(reason, exception.Message);
            Assert.Contains(path, exception.Message);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Pointer(string path, byte[] content) => $$"""
        { "version": 1, "files": [ { "path": "{{Path.GetRelativePath(AppContext.BaseDirectory, path).Replace('\\', '/')}}", "bytes": {{content.Length}}, "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(content))}}" } ] }
        """;

    private byte[] Compressed(int length)
    {
        using MemoryStream stream = new();
        stream.Write(BitConverter.GetBytes((long)length));
        using (BrotliStream brotli = new(stream, CompressionLevel.Fastest, leaveOpen: true))
            brotli.Write(_model);
        return stream.ToArray();
    }

    private static InferenceSession Open((string Name, byte[] Content) resource)
    {
        using SessionOptions options = new();
        return EmbeddedModel.Open(new Resources(resource.Name, resource.Content), "m.onnx", "m", options);
    }

    private sealed class Resources(string name, byte[] content) : Assembly
    {
        public override Stream? GetManifestResourceStream(string wanted) => wanted == name ? new MemoryStream(content) : null;
    }
}
