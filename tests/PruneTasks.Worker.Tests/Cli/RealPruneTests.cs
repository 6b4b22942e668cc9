using System.Text.Json;
using PruneTasks.Spec.Contracts;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>The whole command on a trained model, libtorch included.</summary>
public sealed class RealPruneTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void Prune_of_a_trained_text_encoder_keeps_its_answers_and_gives_the_same_bytes_twice()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        string spec = _worker.Folder.Write("text.prune.yaml", $$"""
            version: 1
            model: {{folder}}/text_encoder_toy_op17.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 300 }
            prune:
              flip: always
              ratios: { ffn: 0.5, qk: 0.5, vo: 0.25 }
            """);
        PruneResult first = Prune(spec, "first");
        PruneResult second = Prune(spec, "second");
        Assert.Equal(first.ModelSha256, second.ModelSha256);
        Assert.Contains(first.Diagnostics, d => d.Message.StartsWith("'prune.flip'", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(first.Files!.Model), File.ReadAllBytes(second.Files!.Model));
        Assert.InRange(first.Agreement!.Value, 0.99, 1);
        Assert.True(first.Pruned!.Bytes < 0.7 * first.Dense!.Bytes);
        Assert.True(first.Pruned.Macs < 0.7 * first.Dense.Macs);

        // What was pruned is an ordinary model: it can be compared with the dense one, and looked at again.
        Assert.Equal(0, _worker.Run(null, "evaluate", "--no-latency", "--json", "--model", first.Files.Model, "--against", $"{folder}/text_encoder_toy_op17.onnx", "--spec", spec));
        Assert.Equal(first.Pruned.Macs, JsonDocument.Parse(_worker.Output).RootElement.GetProperty("macs").GetProperty("model").GetInt64());
        Assert.Equal(0, _worker.Run(null, "inspect", first.Files.Model, "--json"));
        JsonElement units = JsonDocument.Parse(_worker.Output).RootElement.GetProperty("units");
        JsonElement sites = JsonDocument.Parse(File.ReadAllText(first.Files.Report)).RootElement.GetProperty("sites");
        Assert.Equal(
            sites.EnumerateArray().Select(site => (site.GetProperty("kind").GetString(), site.GetProperty("kept").GetInt32())),
            units.EnumerateArray().Select(unit => (unit.GetProperty("kind").GetString(), unit.GetProperty("units").GetInt32())));
    }

    [Theory]
    [InlineData("{ exact: true, budget: { macs: 0.9 } }", 0.8732, true)]
    [InlineData("{ exact: true, budget: { macs: 0.6 }, allocation: uniform }", 0.6, true)]
    [InlineData("{ exact: false, budget: { macs: 0.9 }, allocation: uniform }", 0.9, false)]
    public void Work_on_unread_tokens_is_left_out_before_anything_is_removed(string prune, double share, bool sliced)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/vit-cifar10-811k");
        string spec = _worker.Folder.Write("vit.prune.yaml", $$"""
            version: 1
            model: {{folder}}/vit_cifar10_postnorm_relu_op17.onnx
            task: image-classification
            image: { size: 32 }
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 48 }
            prune: {{prune}}
            """);
        PruneResult result = Prune(spec, "out");
        double reached = (double)result.Pruned!.Macs / result.Dense!.Macs;
        Assert.InRange(reached, share - 0.05, share + 0.0001);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(result.Files!.Report)).RootElement;
        bool removed = report.GetProperty("sites").EnumerateArray().Any(site => site.GetProperty("kept").GetInt32() < site.GetProperty("dense").GetInt32());
        Assert.Equal(sliced && share > 0.8, !removed);
        JsonElement exact = report.GetProperty("exact");
        Assert.Equal(sliced, exact.ValueKind == JsonValueKind.Object);
        if (!sliced) return;
        Assert.Equal(result.Dense.Macs, exact.GetProperty("macsBefore").GetInt64());
        Assert.Equal(0.8732, exact.GetProperty("macsAfter").GetDouble() / result.Dense.Macs, 0.0001);
        Assert.InRange(exact.GetProperty("difference").GetDouble(), 0, 1e-5);
        if (removed) return;
        Assert.Equal(1, result.Agreement);
        Assert.DoesNotContain(result.Diagnostics, d => d.Id == "PRUNE0408");
    }

    [Fact]
    public void Prices_from_random_sets_partition_and_additivity_of_a_trained_text_encoder_are_in_the_report()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        string spec = _worker.Folder.Write("text.prune.yaml", $$"""
            version: 1
            model: {{folder}}/text_encoder_toy_op17.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 80 }
              common: { path: "{{folder}}/expected.npz", samples: 300 }
            prune:
              prices: probes
              budget: { macs: 0.6 }
              partition: { probes: on, bootstrap: 40, common: { max: 0.5 } }
            """);
        PruneResult result = Prune(spec, "probed");
        JsonElement report = JsonDocument.Parse(File.ReadAllText(result.Files!.Report)).RootElement;
        int sites = report.GetProperty("sites").GetArrayLength();
        JsonElement probes = report.GetProperty("probes"), partition = report.GetProperty("partition"), additivity = report.GetProperty("additivity");
        Assert.Equal(sites, probes.GetProperty("sites").GetArrayLength());
        Assert.All(probes.GetProperty("sites").EnumerateArray(), site => Assert.True(site.GetProperty("price").GetDouble() > 0));
        Assert.Equal(sites, partition.GetProperty("sites").GetProperty("groups").GetArrayLength());
        Assert.Equal(64, partition.GetProperty("personal").GetInt32());
        Assert.True(partition.GetProperty("units").GetProperty("groups").GetArrayLength() > sites);
        // Two samples of the same sentences: nothing to tell apart, so the cap has nothing to act on, and says so.
        Assert.False(partition.GetProperty("sites").GetProperty("separable").GetBoolean());
        Assert.Contains("act on no site", partition.GetProperty("idle").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, additivity.GetProperty("observations").GetArrayLength());
        Assert.InRange(additivity.GetProperty("passes").GetDouble(), 5, 40);
        Assert.Contains("Personal or common", File.ReadAllText(result.Files.Html), StringComparison.Ordinal);
    }

    private PruneResult Prune(string spec, string output)
    {
        Assert.True(_worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File(output)) == 0, _worker.Output);
        return PruneResult.Parse(File.ReadAllText(_worker.Folder.File($"{output}/result.json")));
    }
}
