using System.Text.Json;
using PruneTasks.Onnx;
using PruneTasks.Spec.Contracts;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary><c>prune.classes</c>, from the spec to the files.</summary>
public sealed class ClassesTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_pruned_model_and_its_manifest_have_the_classes_in_the_order_of_the_spec(bool softmax)
    {
        // Four classes on three features; class c gets weight c + 1 on feature c % 3.
        float[] weight = [1, 0, 0, 4, 0, 2, 0, 0, 0, 0, 3, 0];
        _worker.Folder.Write("m.onnx", TestModels.Linear(weight, 3, 4, softmax, bias: [0.1f, 0.2f, 0.3f, 0.4f]));
        foreach (string folder in (string[])["personal", "test"]) Write(folder, [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1], 3, 1, 2, 0);
        string spec = _worker.Folder.Write("m.prune.yaml", """
            version: 1
            task: text-classification
            labels: [a, b, c, d]
            data: { personal: { path: personal }, test: { path: test } }
            prune: { classes: [d, 1] }
            """);
        Assert.True(_worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File("out")) == 0, _worker.Output);
        PruneResult result = PruneResult.Parse(File.ReadAllText(_worker.Folder.File("out/result.json")));
        ModelManifest manifest = ModelManifest.Parse(File.ReadAllText(result.Files!.Manifest));
        Assert.Equal(["d", "b"], manifest.Labels!);
        Assert.Equal(2, manifest.Outputs[0].Axes![1].Length);
        OnnxModel pruned = OnnxReader.Load(File.ReadAllBytes(result.Files.Model));
        Assert.Equal([3, 2], pruned.Graph.Initializers.Select(v => v.Constant!).First(c => c.Shape.Count == 2).Shape);
        Assert.Equal(2, pruned.Graph.Outputs[0].DeclaredShape![1].Size);
        Assert.Equal(1, result.Agreement);

        JsonElement report = JsonDocument.Parse(File.ReadAllText(result.Files.Report)).RootElement;
        Assert.Equal(2, report.GetProperty("calibration").GetProperty("otherClasses").GetInt32());
        JsonElement rewrite = Assert.Single(report.GetProperty("exact").GetProperty("rewrites").EnumerateArray());
        Assert.Equal("classes", rewrite.GetProperty("kind").GetString());
        Assert.Equal((12, 6), (rewrite.GetProperty("before").GetProperty("macs").GetInt32(), rewrite.GetProperty("after").GetProperty("macs").GetInt32()));
        JsonElement test = report.GetProperty("evaluation").EnumerateArray().Single(e => e.GetProperty("set").GetString() == "test");
        Assert.Equal(2, test.GetProperty("samples").GetInt32());
        Assert.Contains("2 samples of other classes are left out", test.GetProperty("remarks")[0].GetString(), StringComparison.Ordinal);
        // Labels follow the classes to their new numbers.
        Assert.Equal(1, test.GetProperty("top1").GetProperty("pruned").GetDouble());

        Assert.Equal(0, _worker.Run(null, "evaluate", "--no-latency", "--json", "--model", result.Files.Model, "--against", _worker.Folder.File("m.onnx"), "--spec", spec));
        Assert.Equal(1, JsonDocument.Parse(_worker.Output).RootElement.GetProperty("agreement").GetDouble());
    }

    [Fact]
    public void An_unknown_class_is_an_error_at_its_line_and_nothing_is_written()
    {
        _worker.Folder.Write("m.onnx", TestModels.Linear(new float[12], 3, 4));
        Write("personal", [1, 0, 0], 0);
        string spec = _worker.Folder.Write("m.prune.yaml", "version: 1\nlabels: [a, b, c, d]\ndata: { personal: { path: personal } }\nprune:\n  classes:\n  - a\n  - x\n");
        Assert.Equal(1, _worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File("out")));
        Assert.Contains("m.prune.yaml(7,5): error PRUNE0003", _worker.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_worker.Folder.File("out")));
    }

    private void Write(string folder, float[] rows, params long[] labels) => _worker.Folder.Write(
        $"{folder}/a.npz", TestFiles.Npz(("x", TestFiles.NpyFloats($"{labels.Length}, 3", rows)), ("labels", TestFiles.NpyInt64s($"{labels.Length},", labels))));
}
