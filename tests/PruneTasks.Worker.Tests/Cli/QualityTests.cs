using System.Text.Json;
using PruneTasks.Spec.Contracts;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>The spec's quality contract, through the command.</summary>
public sealed class QualityTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void A_missed_contract_is_an_error_at_its_line_and_nothing_is_written()
    {
        Contract("{ metric: agreement, max-drop: 0.2 }");
        _worker.Folder.Write("out/m.pruned.onnx", "old");
        Assert.Equal(1, _worker.Prune(new Blind()));
        // All blue images look red to the pruned model: half of the samples.
        Assert.Contains("m.prune.yaml(9,41): error PRUNE0401: agreement goes from 1 to ", _worker.Output, StringComparison.Ordinal);
        Assert.Contains(" on hold-out (5 samples): a drop of ", _worker.Output, StringComparison.Ordinal);
        Assert.Contains("allowed is 0.2", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(["m.pruned.onnx"], _worker.Folder.Files("out"));
        Assert.Equal("old", File.ReadAllText(_worker.Folder.File("out/m.pruned.onnx")));
    }

    [Fact]
    public void A_missed_contract_with_on_miss_warn_is_a_warning_and_the_model_is_written()
    {
        Contract("{ metric: top1, max-drop: 0, on-miss: warn }");
        Assert.Equal(0, _worker.Prune(new Blind()));
        Assert.Contains("warning PRUNE0401: top1 goes from 1 to ", _worker.Output, StringComparison.Ordinal);
        PruneResult result = PruneResult.Parse(File.ReadAllText(_worker.Folder.File("out/result.json")));
        Assert.True(result.Success);
        Assert.Contains(result.Diagnostics, d => d.Id == "PRUNE0401" && !d.IsError);
        JsonElement quality = Report().GetProperty("quality");
        Assert.False(quality.GetProperty("met").GetBoolean());
        Assert.Equal(quality.GetProperty("before").GetDouble() - quality.GetProperty("after").GetDouble(), quality.GetProperty("drop").GetDouble(), 9);
        Assert.True(quality.GetProperty("interval")[0].GetDouble() < quality.GetProperty("drop").GetDouble());
        Assert.Contains("Missed", File.ReadAllText(_worker.Folder.File("out/report.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agreement")]
    [InlineData("top1")]
    [InlineData("kl")]
    [InlineData("cosine")]
    public void A_kept_contract_is_in_the_report(string metric)
    {
        Contract($"{{ metric: {metric}, max-drop: 0.05 }}");
        Assert.Equal(0, _worker.Prune(new Blind(0.95f)));
        Assert.DoesNotContain("PRUNE0401", _worker.Output, StringComparison.Ordinal);
        JsonElement quality = Report().GetProperty("quality");
        Assert.True(quality.GetProperty("met").GetBoolean());
        Assert.Equal(metric, quality.GetProperty("metric").GetString());
        string[] metrics = [.. Report().GetProperty("evaluation")[0].GetProperty("metrics").EnumerateArray().Select(m => m.GetProperty("metric").GetString()!)];
        Assert.Equal(["agreement", "top1", "kl", "cosine"], metrics);
    }

    [Fact]
    public void Test_data_decides_where_there_is_some()
    {
        for (int i = 0; i < 10; i++) _worker.Folder.Write($"test/red/{i}.bmp", TestFiles.Bmp(4, 4, 255, 3, (byte)i));
        Contract("{ metric: agreement, max-drop: 0 }", "\n  test: { path: test }");
        Assert.Equal(0, _worker.Prune(new Blind()));
        JsonElement quality = Report().GetProperty("quality");
        Assert.Equal("test", quality.GetProperty("set").GetString());
        Assert.Equal(1, quality.GetProperty("after").GetDouble());
    }

    [Fact]
    public void A_metric_that_does_not_exist_is_refused_before_any_work()
    {
        Contract("{ metric: perplexity, max-drop: 0.1 }");
        Assert.Equal(1, _worker.Prune(new CommandFixture.Failing(new InvalidOperationException("pruned"))));
        Assert.Contains("m.prune.yaml(9,20): error PRUNE0412: quality metric 'perplexity' cannot be measured: it is for 'task: causal-lm' only", _worker.Output, StringComparison.Ordinal);

        for (int i = 0; i < 20; i++) _worker.Folder.Write($"plain/{i}.bmp", TestFiles.Bmp(4, 4, 0, (byte)i, 255));
        Contract("{ metric: top1, max-drop: 0.1 }", data: "plain");
        Assert.Equal(1, _worker.Prune(new CommandFixture.Failing(new InvalidOperationException("pruned"))));
        Assert.Contains("m.prune.yaml(9,20): error PRUNE0412: quality metric 'top1' cannot be measured: the hold-out data has no labels", _worker.Output, StringComparison.Ordinal);
    }

    private void Contract(string quality, string more = "", string data = "data") => _worker.Folder.Write("m.prune.yaml", $$"""
        version: 1
        model: model.onnx
        task: image-classification
        labels: [red, green, blue]
        image: { size: [4, 4] }
        data: { personal: { path: {{data}} } }
        prune:
          budget: { macs: 0.5 }
        quality: {{quality}}
        """.Replace($"data: {{ personal: {{ path: {data} }} }}", more.Length == 0 ? $"data: {{ personal: {{ path: {data} }} }}" : $"data:\n  personal: {{ path: {data} }}{more}", StringComparison.Ordinal));

    private JsonElement Report() => JsonDocument.Parse(File.ReadAllText(_worker.Folder.File("out/report.json"))).RootElement;

    /// <summary>A pipeline whose model sees blue only so well.</summary>
    private sealed class Blind(float blue = 0) : IPruningPipeline
    {
        public PruneOutcome Run(PruneJob job, CancellationToken cancellation) => new()
        {
            Model = TestModels.ChannelMeans(4, blue: blue),
            Sites = [],
            Refusals = [],
            Stages = [new StageTime("build", 0.1)],
        };
    }
}
