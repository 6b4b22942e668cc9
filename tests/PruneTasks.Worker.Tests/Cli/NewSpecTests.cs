using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Worker.Drafting;
using PruneTasks.Zoo;

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
    public void An_image_model_that_leaves_every_axis_open_gets_the_colours_and_a_size_that_it_takes()
    {
        string model = _worker.Folder.Write("vit.onnx", OnnxWriter.ToBytes(ZooModels.Small["torch-vit-all-axes-open"]()));
        Assert.Equal(0, _worker.Run(null, "new-spec", model));
        PruneSpec spec = Accept(_worker.Folder.File("vit.prune.yaml"), ModelTask.ImageClassification);
        Assert.Contains("  size: [96, 96]   # TODO", File.ReadAllText(spec.File!), StringComparison.Ordinal);
        Assert.Equal(0, _worker.Run(null, "inspect", model));
        Assert.Contains("open axes other than the batch counted as 96", _worker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not counted", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_for_texts_gets_its_tokenizer_and_the_input_that_looks_up_words()
    {
        string model = _worker.Folder.Write("texts/model.onnx", TextModel()), spec = _worker.Folder.File("texts/model.prune.yaml");
        Assert.Equal(0, _worker.Run(null, "new-spec", model));
        Assert.Contains("\n# text:\n#   tokenizer: tokenizer.json\n", File.ReadAllText(spec), StringComparison.Ordinal);
        Accept(spec, ModelTask.TextClassification);

        _worker.Folder.Write("texts/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
        Assert.Equal(0, _worker.Run(null, "new-spec", model, "--force"));
        Assert.Equal("vocab.txt", Accept(spec, ModelTask.TextClassification).Text!.Tokenizer!.Written);
        Assert.Contains(".txt files with one text per line", File.ReadAllText(spec), StringComparison.Ordinal);

        // The input comes second, and its name says nothing: the longer table tells.
        string all = Regex.Replace(File.ReadAllText(spec), "^( *)# ([a-z-]+: [^ ].*)$", "$1$2", RegexOptions.Multiline);
        SpecReadResult read = PruneSpecReader.Read(all, spec);
        Assert.Empty(read.Diagnostics);
        Assert.Equal("b", read.Spec!.Text!.Inputs.Tokens);

        _worker.Folder.Write("texts/tokenizer.json", "{ \"model\": { \"type\": \"WordLevel\", \"vocab\": { \"a\": 0 } } }");
        Assert.Equal(0, _worker.Run(null, "new-spec", model, "--force", "--json"));
        Assert.Contains("a model of the type WordLevel", JsonDocument.Parse(_worker.Output).RootElement.GetProperty("tokenizerProblem").GetString(), StringComparison.Ordinal);
        Assert.Contains("# TODO The tokenizer beside the model, tokenizer.json, cannot be used: a model of the type WordLevel", File.ReadAllText(spec), StringComparison.Ordinal);
        Accept(spec, ModelTask.TextClassification);
    }

    [Fact]
    public void The_states_of_all_tokens_are_for_vectors_of_texts_also_where_the_exporter_left_their_width_open()
    {
        string model = _worker.Folder.Write("encoder/model.onnx", TextModel(states: true));
        _worker.Folder.Write("encoder/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
        Assert.Equal(0, _worker.Run(null, "new-spec", model));
        PruneSpec spec = Accept(_worker.Folder.File("encoder/model.prune.yaml"), ModelTask.TextEmbedding);
        using FileStream stream = File.OpenRead(model);
        TextManifest text = ManifestBuilder.Build(spec, ModelReading.Read(stream, spec.Task)).Manifest!.Text!;
        Assert.Equal((null, 3, "mean"), (text.Refusal, text.Width, text.Pooling));
    }

    /// <summary>Two inputs of ids: of segments, which look up two rows, and of tokens, which look up seven. Scores of five classes out, or the states of all tokens.</summary>
    private static byte[] TextModel(bool states = false)
    {
        var graph = new Graph("g");
        Axis[] ids = [new Axis(null, "batch"), new Axis(null, "length")];
        Value segments = graph.AddInput(states ? "token_type_ids" : "a", Onnx.ElementType.Int64, ids), tokens = graph.AddInput(states ? "input_ids" : "b", Onnx.ElementType.Int64, ids);
        Value Table(string name, long rows) => graph.AddInitializer(name, TensorData.Of([rows, 3], new float[rows * 3]));
        Value Lookup(Value table, Value of, string name) => graph.AddNode("Gather", [table, of], name).Outputs[0];
        Value cast = graph.AddNode("Identity", [tokens], "ids").Outputs[0];
        Value sum = graph.AddNode("Add", [Lookup(Table("types", 2), segments, "s"), Lookup(Table("words", 7), cast, "w")], "sum").Outputs[0];
        if (states)
        {
            Value bias = graph.AddInitializer("bias", TensorData.Of([3], new float[3]));
            graph.AddOutput(graph.AddNode("Add", [sum, bias], "y").Outputs[0], Onnx.ElementType.Float32, [new Axis(null, "batch"), new Axis(null, "length"), new Axis(null, "Addy_dim_2")]);
            return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));
        }
        Value mean = graph.AddNode("ReduceMax", [sum], "m", attributes: new Dictionary<string, AttributeData> { ["axes"] = new long[] { 1 }, ["keepdims"] = 0L }).Outputs[0];
        Value head = graph.AddInitializer("head", TensorData.Of([3, 5], new float[15]));
        graph.AddOutput(graph.AddNode("MatMul", [mean, head], "y").Outputs[0], Onnx.ElementType.Float32, [new Axis(null, "batch"), new Axis(5, null)]);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));
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
        ManifestResult built = ManifestBuilder.Build(read.Spec, ModelReading.Read(stream, read.Spec.Task));
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
