using System.Text.Json;
using PruneTasks.Spec;
using PruneTasks.Torch.Baselines;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>The command with a method to compare with in place of ours.</summary>
public sealed class BaselineRunTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    public static TheoryData<string> Methods() => [.. BaselineMethod.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_spec_knows_every_method(string method)
    {
        string spec = _worker.Folder.Write("m.prune.yaml", $"version: 1\ndata: {{ personal: {{ path: data }} }}\nprune: {{ method: {method} }}\n");
        Assert.Equal(method, PruneSpecReader.Read(spec).Spec!.Prune.Method);
    }

    [Fact]
    public void Our_own_method_is_none_of_them() => Assert.Null(BaselineMethod.Find(new PruneSettings().Method));

    [Theory]
    [InlineData("corp", "", true)]
    [InlineData("svd", "", true)]
    [InlineData("vbp", "allocation: measured", false)]
    public void A_method_spends_a_budget_uniformly_unless_prices_are_asked_for(string method, string allocation, bool uniform)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        string spec = _worker.Folder.Write("text.prune.yaml", $$"""
            version: 1
            model: {{folder}}/text_encoder_toy_op17.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 160 }
            prune:
              method: {{method}}
              budget: { macs: 0.6 }
              {{allocation}}
            """);
        Assert.Equal(0, _worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File("out")));
        JsonElement report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_worker.Folder.File("out"), "report.json"))).RootElement;
        Assert.InRange(report.GetProperty("pruned").GetProperty("macs").GetDouble() / report.GetProperty("dense").GetProperty("macs").GetDouble(), 0.5, 0.6001);
        Assert.InRange(report.GetProperty("maskedDifference").GetDouble(), 0, 1e-4);
        IEnumerable<IGrouping<string, int>> kept = report.GetProperty("sites").EnumerateArray()
            .GroupBy(s => s.GetProperty("kind").GetString()!, s => s.GetProperty("kept").GetInt32());
        Assert.Equal(uniform, kept.All(kind => kind.Distinct().Count() == 1));
    }
}
