using System.Text.Json;
using PruneTasks.Spec.Contracts;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>Sources of prices, and training after the build, through the whole command.</summary>
public sealed class PriceRunTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Theory]
    [InlineData("auto", 5, "curves", 5)]
    [InlineData("auto", 0.0001, "tails", 0)]
    [InlineData("level", 5, "level", 1)]
    [InlineData("fisher", 5, "fisher", 5)]
    public void Prices_come_from_the_source_that_is_asked_for_or_fits_the_time_and_the_report_says_so(string asked, double minutes, string used, int levels)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        JsonElement report = Prune($$"""
            version: 1
            model: {{folder}}/text_encoder_toy_op17.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 128 }
            prune: { prices: {{asked}}, time: {{minutes}} }
            """);
        JsonElement prices = report.GetProperty("prices");
        Assert.Equal(used, prices.GetProperty("source").GetString());
        Assert.Equal(used == "tails", prices.GetProperty("shortened").GetArrayLength() > 0);
        Assert.Equal(levels > 0, prices.GetProperty("passes").GetDouble() > 0);
        foreach ((JsonElement price, JsonElement site) in prices.GetProperty("sites").EnumerateArray().Zip(report.GetProperty("sites").EnumerateArray()))
        {
            Assert.Equal(levels, price.GetProperty("measured").GetArrayLength());
            Assert.Equal(site.GetProperty("kept").GetInt32(), price.GetProperty("kept").GetInt32());
            Assert.Equal(site.GetProperty("dense").GetInt32() + 1, price.GetProperty("curve").GetArrayLength());
        }
    }

    [Fact]
    public void Distillation_is_run_reported_and_leaves_a_file_that_computes_what_the_masked_graph_does()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/vit-cifar10-811k");
        JsonElement report = Prune($$"""
            version: 1
            model: {{folder}}/vit_cifar10_postnorm_relu_op13.onnx
            task: image-classification
            image: { size: 32 }
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 48 }
            prune: { ratios: { ffn: 0.8, qk: 0.5, vo: 0.5 }, views: 0, distill: { steps: 24 } }
            """);
        JsonElement distill = report.GetProperty("distill");
        Assert.Equal("", string.Join("; ", distill.GetProperty("remarks").EnumerateArray().Select(remark => remark.GetString())));
        Assert.Equal((24, true), (distill.GetProperty("steps").GetInt32(), distill.GetProperty("kept").GetBoolean()));
        Assert.True(distill.GetProperty("fit").GetProperty("after").GetDouble() < distill.GetProperty("fit").GetProperty("before").GetDouble());
        Assert.InRange(report.GetProperty("maskedDifference").GetDouble(), 0, 1e-4);
        Assert.Contains(report.GetProperty("stages").EnumerateArray(), stage => stage.GetProperty("name").GetString() == "distil");
    }

    [Theory]
    [InlineData("{ allocation: uniform, prices: level }", "'prune.prices' has no effect")]
    [InlineData("{ ratios: { ffn: 0.5 }, time: 1 }", "'prune.time' has no effect")]
    [InlineData("{ budget: { macs: 1 }, distill: { steps: 10 } }", "'prune.distill.steps' has no effect")]
    public void A_setting_that_cannot_act_is_a_warning(string prune, string warning)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        JsonElement report = Prune($$"""
            version: 1
            model: {{folder}}/text_encoder_toy_op17.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 128 }
            prune: {{prune}}
            """);
        Assert.Contains(report.GetProperty("warnings").EnumerateArray(), w => w.GetString()!.Contains(warning, StringComparison.Ordinal));
    }

    private JsonElement Prune(string text)
    {
        string spec = _worker.Folder.Write("m.prune.yaml", text);
        Assert.True(_worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File("out")) == 0, _worker.Output);
        PruneResult result = PruneResult.Parse(File.ReadAllText(_worker.Folder.File("out/result.json")));
        return JsonDocument.Parse(File.ReadAllText(result.Files!.Report)).RootElement;
    }
}
