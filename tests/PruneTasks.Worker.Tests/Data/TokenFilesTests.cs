using PruneTasks.Onnx;
using PruneTasks.Testing.Tokens;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

/// <summary>The token files that benchmarks write for models that read text.</summary>
public sealed class TokenFilesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_text_becomes_the_tokens_that_its_model_was_trained_on()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string model = SharedData.Path("models/stories260K");
        long[] recorded = Read(System.IO.Path.Combine(model, "expected.npz"), "input_ids").ToInt64s();
        var tokenizer = new StoriesTokenizer(System.IO.File.ReadAllBytes(System.IO.Path.Combine(model, "tok512.bin")));
        IReadOnlyList<int> tokens = tokenizer.Encode("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.");
        Assert.Equal(recorded, tokens.Select(t => (long)t));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2, 3)]
    public void Arrays_written_are_read_back(params int[] shape)
    {
        string file = _folder.File("a.npz");
        long[] values = [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(i => (long)i - 2)];
        NpzWriter.Write(file, new NpzArray("x", shape, values));
        TensorData read = Read(file, "x");
        Assert.Equal(shape.Select(d => (long)d), read.Shape);
        Assert.Equal(values, read.ToInt64s());
    }

    private static TensorData Read(string path, string name)
    {
        using FileStream file = System.IO.File.OpenRead(path);
        return NpzReader.Read(file).Single(a => a.Key == name).Value;
    }
}
