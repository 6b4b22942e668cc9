using System.Text.Json;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Cli;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private static readonly string[] Outputs = ["m.manifest.json", "m.pruned.onnx", "report.html", "report.json", "result.json"];

    private readonly CommandFixture _worker = new();

    private string Out => _worker.Folder.File("out");

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void Prune_writes_model_manifest_reports_and_result()
    {
        var pipeline = new CommandFixture.Smaller();
        Assert.Equal(0, _worker.Prune(pipeline));
        Assert.Equal(Outputs, _worker.Folder.Files("out"));
        PruneResult result = PruneResult.Parse(File.ReadAllText(Path.Combine(Out, "result.json")));
        Assert.True(result.Success);
        Assert.Equal(1.0, result.Agreement);
        Assert.StartsWith(result.Summary + Environment.NewLine + "model: ", _worker.Output, StringComparison.Ordinal);
        Assert.Contains("report.html", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(ModelManifest.Parse(File.ReadAllText(result.Files!.Manifest)).Labels, ["red", "green", "blue"]);
        Assert.Equal(new FileInfo(result.Files.Model).Length, result.Pruned!.Bytes);
        Assert.Equal((35, 5), (pipeline.Job!.Calibration.Count, pipeline.Job.HoldOut!.Count));
        Assert.Contains(pipeline.Job.Calibration.Samples, sample => sample.Label == 2);
    }

    [Fact]
    public void Common_data_decides_too_and_is_counted()
    {
        for (int i = 0; i < 12; i++) _worker.Folder.Write($"all/{i}.bmp", TestFiles.Bmp(4, 4, 0, 255, (byte)i));
        _worker.Folder.Write("m.prune.yaml", CommandFixture.Spec.Replace("personal: { path: data }", "personal: { path: data }\n  common: { path: all, samples: 10 }", StringComparison.Ordinal));
        var pipeline = new CommandFixture.Smaller();
        Assert.Equal(0, _worker.Prune(pipeline));
        Assert.Equal((45, 5), (pipeline.Job!.Calibration.Count, pipeline.Job.HoldOut!.Count));
        JsonElement report = JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "report.json"))).RootElement.GetProperty("calibration");
        Assert.Equal((45, 10, 5), (report.GetProperty("samples").GetInt32(), report.GetProperty("common").GetInt32(), report.GetProperty("holdOut").GetInt32()));
        Assert.Contains("45 calibration samples (35 personal, 10 common)", File.ReadAllText(Path.Combine(Out, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_units_gives_one_warning_that_points_into_the_spec()
    {
        Assert.Equal(0, _worker.Prune(new PrunePipeline()));
        Assert.Contains("m.prune.yaml(2,8): warning PRUNE0408: ", _worker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("PRUNE0402", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_worker.Folder.File("model.onnx")), File.ReadAllBytes(Path.Combine(Out, "m.pruned.onnx")));
    }

    [Fact]
    public void Prune_by_request_takes_everything_from_the_file()
    {
        string request = _worker.Folder.Write("request.json", new PruneRequest { Spec = _worker.Folder.File("m.prune.yaml"), Name = "other", Output = Out }.ToJson());
        Assert.Equal(0, _worker.Run(new CommandFixture.Smaller(), "prune", "--request", request));
        Assert.Contains("other.pruned.onnx", _worker.Folder.Files("out"));
        Assert.Equal("PruneTasks.other.onnx", ModelManifest.Parse(File.ReadAllText(Path.Combine(Out, "other.manifest.json"))).Resource);
    }

    [Fact]
    public void A_failed_run_by_hand_leaves_good_output_alone()
    {
        Assert.Equal(0, _worker.Prune());
        string before = File.ReadAllText(Path.Combine(Out, "result.json"));
        Assert.Equal(1, _worker.Prune(new CommandFixture.Failing(new PruneDiagnosticException(PruneDiagnostics.VerificationFailed.In(null, "no")))));
        Assert.Contains("PruneTasks : error PRUNE0410: ", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(Outputs, _worker.Folder.Files("out"));
        Assert.Equal(before, File.ReadAllText(Path.Combine(Out, "result.json")));
    }

    [Fact]
    public void A_failed_run_by_request_says_so_in_the_result()
    {
        string request = _worker.Folder.Write("request.json", new PruneRequest { Spec = _worker.Folder.File("m.prune.yaml"), Output = Out }.ToJson());
        File.Delete(_worker.Folder.File("model.onnx"));
        Assert.Equal(1, _worker.Run(null, "prune", "--request", request));
        Assert.Equal(["result.json"], _worker.Folder.Files("out"));
        PruneResult result = PruneResult.Parse(File.ReadAllText(Path.Combine(Out, "result.json")));
        Assert.False(result.Success);
        Assert.Equal(("PRUNE0005", 2), (result.Diagnostics[0].Id, result.Diagnostics[0].Line));
    }

    [Fact]
    public void A_run_that_is_cancelled_writes_nothing()
    {
        Assert.Equal(1, _worker.Prune(new CommandFixture.Failing(new OperationCanceledException())));
        Assert.Contains("PRUNE0908", _worker.Output, StringComparison.Ordinal);
        Assert.Empty(_worker.Folder.Files("out"));
    }

    [Fact]
    public void An_internal_error_names_its_log_and_exits_with_three()
    {
        Assert.Equal(3, _worker.Prune(new CommandFixture.Failing(new InvalidTimeZoneException("odd"))));
        Assert.Contains("error PRUNE0901: internal error: InvalidTimeZoneException: odd", _worker.Output, StringComparison.Ordinal);
        string log = _worker.Output.Split('\'')[1];
        Assert.Contains("InvalidTimeZoneException", File.ReadAllText(log), StringComparison.Ordinal);
        File.Delete(log);
    }

    [Fact]
    public void The_outcome_of_prune_can_be_read_by_programs()
    {
        Assert.Equal(0, _worker.Run(new CommandFixture.Smaller(), "prune", "--spec", _worker.Folder.File("m.prune.yaml"), "--output", Out, "--json"));
        Assert.Equal(File.ReadAllText(Path.Combine(Out, "result.json")).TrimEnd(), _worker.Output.TrimEnd());
        Assert.Equal(1, _worker.Run(null, "prune", "--spec", _worker.Folder.File("none.prune.yaml"), "--output", Out, "--json"));
        Assert.Empty(_worker.Output);
        Assert.Contains("error PRUNE0015", _worker.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_alone_shows_what_there_is()
    {
        Assert.Equal(2, _worker.Run(null));
        Assert.Contains("new-spec", _worker.Error, StringComparison.Ordinal);
        Assert.Empty(_worker.Output);
    }

    [Theory]
    [InlineData("prune")]
    [InlineData("prune", "--spec", "a.yaml")]
    [InlineData("prune", "--spec", "a.yaml", "--output", "b", "--request", "c")]
    [InlineData("prune", "--spec", "a.yaml", "--output", "b", "--threads", "-1")]
    [InlineData("inspect")]
    [InlineData("evaluate", "--model", "a.onnx")]
    [InlineData("nonsense")]
    public void A_bad_command_line_exits_with_two(params string[] arguments)
    {
        Assert.Equal(2, _worker.Run(null, arguments));
        Assert.Contains("error PRUNE0912: ", _worker.Error, StringComparison.Ordinal);
        Assert.Empty(_worker.Output);
    }

    [Fact]
    public void What_a_build_starts_does_the_same_without_the_parser()
    {
        string request = _worker.Folder.Write("request.json", new PruneRequest { Spec = _worker.Folder.File("m.prune.yaml"), Output = Out }.ToJson());
        Assert.Equal(request, RequestRun.FileOf(["prune", "--request", request]));
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(0, RequestRun.UntilSignal(request, new CommandContext(output, error) { Pipeline = new CommandFixture.Smaller() }));
        Assert.Equal(Outputs, _worker.Folder.Files("out"));
        Assert.Equal(PruneResult.Parse(File.ReadAllText(Path.Combine(Out, "result.json"))).Summary + Environment.NewLine, output.ToString());
        Assert.Contains("read model and data", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prune", "--request")]
    [InlineData("prune", "--request", "--help")]
    [InlineData("prune", "--request", "a.json", "--threads", "1")]
    [InlineData("inspect", "--request", "a.json")]
    public void Any_other_line_is_the_parsers(params string[] arguments) => Assert.Null(RequestRun.FileOf(arguments));

    [Theory]
    [InlineData("prune")]
    [InlineData("inspect")]
    [InlineData("evaluate")]
    [InlineData("explain")]
    [InlineData("cache")]
    [InlineData("new-spec")]
    public void Each_command_has_help(string command)
    {
        Assert.Equal(0, _worker.Run(null, command, "--help"));
        Assert.Contains($" {command} ", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_prints_json_with_the_documented_fields()
    {
        string pruned = _worker.Folder.Write("pruned.onnx", TestModels.ChannelMeans(4, 0.5f));
        Assert.Equal(0, _worker.Run(null, "evaluate", "--model", pruned, "--against", _worker.Folder.File("model.onnx"), "--spec", _worker.Folder.File("m.prune.yaml"), "--json"));
        JsonElement root = JsonDocument.Parse(_worker.Output).RootElement;
        Assert.Equal(
            ["version", "model", "against", "data", "samples", "agreement", "kl", "top1", "outputs", "bytes", "parameters", "macs", "latency", "bound", "remarks"],
            root.EnumerateObject().Select(member => member.Name));
        Assert.Equal((40, 1.0), (root.GetProperty("samples").GetInt32(), root.GetProperty("agreement").GetDouble()));
        Assert.Equal((1.0, 1.0), (root.GetProperty("top1").GetProperty("model").GetDouble(), root.GetProperty("top1").GetProperty("against").GetDouble()));
        Assert.True(root.GetProperty("kl").GetDouble() > 0);
        Assert.Equal(9, root.GetProperty("macs").GetProperty("model").GetInt64());
        Assert.True(root.GetProperty("latency").GetProperty("runs").GetInt32() >= 50);
        Assert.Empty(_worker.Error);
    }

    [Fact]
    public void Evaluate_refuses_models_with_different_inputs()
    {
        string other = _worker.Folder.Write("other.onnx", TestModels.Linear([1, 0, 0, 1], 2, 2));
        Assert.Equal(1, _worker.Run(null, "evaluate", "--model", other, "--against", _worker.Folder.File("model.onnx"), "--spec", _worker.Folder.File("m.prune.yaml")));
        Assert.Contains("PRUNE0107", _worker.Error, StringComparison.Ordinal);
        Assert.Empty(_worker.Output);
    }

    [Fact]
    public void Inspect_shows_a_model_without_units()
    {
        Assert.Equal(0, _worker.Run(null, "inspect", _worker.Folder.File("model.onnx"), "--json"));
        JsonElement root = JsonDocument.Parse(_worker.Output).RootElement;
        Assert.Equal((9, 9), (root.GetProperty("macs").GetInt64(), root.GetProperty("parameters").GetInt64()));
        Assert.Equal(0, root.GetProperty("units").GetArrayLength());
        Assert.Equal(1, _worker.Run(null, "inspect", _worker.Folder.File("missing.onnx")));
        Assert.Contains("error PRUNE0112: ", _worker.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op13.onnx", 6)]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op17.onnx", 6)]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op13.onnx", 2)]
    public void Inspect_finds_the_blocks_of_real_models(string model, int blocks)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        Assert.Equal(0, _worker.Run(null, "inspect", SharedData.Path(Path.Combine("models", model)), "--json"));
        JsonElement[] units = [.. JsonDocument.Parse(_worker.Output).RootElement.GetProperty("units").EnumerateArray()];
        foreach (string kind in new[] { "ffn", "qk", "vo" })
            Assert.Equal(Enumerable.Range(1, blocks), units.Where(unit => unit.GetProperty("kind").GetString() == kind).Select(unit => unit.GetProperty("block").GetInt32()));
    }
}
