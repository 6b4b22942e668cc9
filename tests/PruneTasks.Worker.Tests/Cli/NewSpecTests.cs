using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Onnx;
using PruneTasks.Worker.Drafting;

namespace PruneTasks.Worker.Tests.Cli;

public sealed class NewSpecTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void A_spec_is_written_beside_the_model_and_the_build_takes_it_but_for_the_data()
    {
        Assert.Equal(0, _worker.Run(null, "new-spec", _worker.Folder.File("model.onnx")));
        string spec = _worker.Folder.File("model.prune.yaml");
        Accept(spec, ModelTask.ImageClassification);
        Assert.Equal(1, _worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File("out")));
        Assert.Equal("PRUNE0020", Assert.Single(Regex.Matches(_worker.Output, "PRUNE\\d{4}")).Value);
        for (int i = 0; i < 20; i++) _worker.Folder.Write($"data/personal/{i}.bmp", TestFiles.Bmp(4, 4, 255, (byte)i, 0));
        Assert.Equal(0, _worker.Run(new CommandFixture.Smaller(), "prune", "--spec", spec, "--output", _worker.Folder.File("out")));
    }

    [Fact]
    public void Everything_that_is_commented_out_is_valid_too()
    {
        Assert.Equal(0, _worker.Run(null, "new-spec", _worker.Folder.File("model.onnx"), "--print"));
        string all = Regex.Replace(_worker.Output, "^( *)# ([a-z]+: [^ ].*)$", "$1$2", RegexOptions.Multiline);
        Assert.Contains("\nquality: {", all, StringComparison.Ordinal);
        Assert.Contains("\nlabels: ", all, StringComparison.Ordinal);
        Assert.Empty(PruneSpecReader.Read(all, "m.prune.yaml").Diagnostics);
        Assert.False(File.Exists(_worker.Folder.File("model.prune.yaml")));
    }

    [Fact]
    public void In_a_project_editors_are_told_where_its_build_puts_the_schema()
    {
        _worker.Folder.Write("App.csproj", "<Project />");
        Directory.CreateDirectory(_worker.Folder.File("models"));

        Assert.Equal(0, _worker.Run(null, "new-spec", _worker.Folder.File("model.onnx"), "--output", _worker.Folder.File("models/a.prune.yaml")));

        Assert.Equal("# yaml-language-server: $schema=../obj/prunetasks/prune.schema.json", File.ReadLines(_worker.Folder.File("models/a.prune.yaml")).First());
        Assert.Empty(PruneSpecReader.Read(_worker.Folder.File("models/a.prune.yaml")).Diagnostics);
    }

    [Fact]
    public void A_file_that_exists_is_replaced_only_by_force()
    {
        _worker.Folder.Write("model.prune.yaml", "mine");
        Assert.Equal(2, _worker.Run(null, "new-spec", _worker.Folder.File("model.onnx")));
        Assert.Contains("error PRUNE0912: ", _worker.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_worker.Folder.File("model.prune.yaml")));
        Assert.Equal(0, _worker.Run(null, "new-spec", _worker.Folder.File("model.onnx"), "--force", "--json"));
        JsonElement root = JsonDocument.Parse(_worker.Output).RootElement;
        Assert.Equal(("image-classification", 3, 4), (root.GetProperty("task").GetString(), root.GetProperty("classes").GetInt32(), root.GetProperty("image").GetProperty("height").GetInt32()));
        Assert.Equal(_worker.Folder.File("model.prune.yaml"), root.GetProperty("spec").GetString());
    }

    [Theory]
    [InlineData("a model.onnx")]
    [InlineData("it's: #1 [größe] & 😀.onnx")]
    [InlineData("tab\tand \"quotes\".onnx")]
    public void Any_file_name_can_be_named(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0, "no such file name here");
        string model = _worker.Folder.Write("models/" + name, TestModels.ChannelMeans(4)), spec = _worker.Folder.File("m.prune.yaml");
        Assert.Equal(0, _worker.Run(null, "new-spec", model, "--output", spec, "--force"));
        Assert.Equal(Path.GetFullPath(model), Accept(spec, ModelTask.ImageClassification).Model.Full);
    }

    [Fact]
    public void Tasks_are_told_from_shapes()
    {
        Assert.Equal(("nhwc", 3), Image([null, 224, 224, 3], [null, 10]));
        Assert.Equal(("nchw", 1), Image([null, 1, 28, 28], [null, 10, 1, 1]));
        Assert.Equal(("nchw", 3), Image([null, 3, null, null], [null, 10]));
        Assert.Null(Image([null, 64, 7, 7], [null, 10]));
        Assert.Null(Image([null, 3, 32, 32], [null, 3, 32, 32]));
        Assert.Null(Image([null, 3, 32, 32], [null, 1]));
    }

    [Fact]
    public void The_spec_of_every_real_model_is_accepted()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string spec = _worker.Folder.File("real.prune.yaml");
        string[] models = Directory.GetFiles(SharedData.Path("models"), "*.onnx", SearchOption.AllDirectories);
        Assert.All(models, model =>
        {
            Assert.Equal(0, _worker.Run(null, "new-spec", model, "--output", spec, "--force", "--json"));
            Accept(spec, ModelTaskWords.FromWord(JsonDocument.Parse(_worker.Output).RootElement.GetProperty("task").GetString()!)!.Value);
        });
    }

    /// <summary>Read without a word, and the manifest is built: it fits the model.</summary>
    private static PruneSpec Accept(string file, ModelTask task)
    {
        SpecReadResult read = PruneSpecReader.Read(file);
        Assert.Empty(read.Diagnostics);
        Assert.Equal(task, read.Spec!.Task);
        using FileStream stream = File.OpenRead(read.Spec.Model.Full);
        ManifestResult built = ManifestBuilder.Build(read.Spec, OnnxSignatureReader.Read(stream));
        Assert.Empty(built.Diagnostics);
        Assert.NotNull(built.Manifest);
        return read.Spec;
    }

    private static (string, int)? Image(long?[] input, long?[] output)
    {
        var graph = new Graph("g");
        Value x = graph.AddInput("x", Onnx.ElementType.Float32, [.. input.Select(size => new Axis(size, null))]);
        graph.AddOutput(graph.AddNode("Identity", [x], "y").Outputs[0], Onnx.ElementType.Float32, [.. output.Select(size => new Axis(size, null))]);
        ModelGuess guess = ModelGuess.Of(OnnxModel.Create(graph, 13, 7, "tests"));
        Assert.Equal(guess.Image is null ? ModelTask.Generic : ModelTask.ImageClassification, guess.Task);
        return guess.Image is { } image ? (image.Layout, image.Channels) : null;
    }
}
