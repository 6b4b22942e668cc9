using System.IO.Compression;
using PruneTasks.Testing;
using PruneTasks.WorkerRuns;

namespace PruneTasks.RealModels.Tests;

/// <summary>Other trained networks from other exporters: what can be pruned is, and what cannot be is refused with a reason.</summary>
public sealed class OtherModelsTests(RealWorker worker)
{
    private const string Ratios = "views: 0\n  ratios: { ffn: 0.3, qk: 0.3, vo: 0.3 }";

    [Theory]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op13.onnx", "{ size: [28, 28], color: gray, mean: [0.1307], std: [0.3081] }", "mnist", 18)]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op17.onnx", "{ size: [28, 28], color: gray, mean: [0.1307], std: [0.3081] }", "mnist", 18)]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8.onnx", "{ size: [32, 32], mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.2010] }", "cifar10", 9)]
    public Task A_vision_transformer_is_pruned_and_keeps_most_answers(string model, string image, string data, int sites) => IsPruned(model, sites, $$"""
        task: image-classification
        image: {{image}}
        data:
          personal: { path: "{{RealWorker.Data}}/{{data}}/train", samples: 192 }
          test: { path: "{{RealWorker.Data}}/{{data}}/test", samples: 500 }
        """);

    [Theory]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op13.onnx")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17.onnx")]
    public Task A_text_encoder_is_pruned_and_keeps_most_answers(string model) => IsPruned(model, 6, $$"""
        task: text-classification
        data:
          personal: { path: "{{RealWorker.Models}}/text-encoder-toy-102k/expected.npz", samples: 192 }
          test: { path: "{{RealWorker.Models}}/text-encoder-toy-102k/expected.npz", samples: 500 }
        """);

    /// <summary>Rotary positions before the scores, values that pairs of heads share: neurons, values and frequency pairs of all five blocks go.</summary>
    [Theory]
    [InlineData("stories260K/stories260K_op13")]
    [InlineData("stories260K/stories260K_op17")]
    public async Task A_language_model_loses_neurons_shared_values_and_frequencies(string model)
    {
        string dense = Path.Combine(RealWorker.Models, model + ".onnx"), inputs = worker.File(model.Replace('/', '-') + "-values.npz");
        TakeInputs(Path.Combine(RealWorker.Models, model + ".ort1311_io.npz"), inputs);
        PruneOutput output = await worker.Prune(Spec(dense, $"data:\n  personal: {{ path: \"{inputs}\" }}", Ratios));
        Assert.Equal(5, output.Removed.Count(site => site is { Kind: "ffn", Removed: > 0 }));
        Assert.Equal(5, output.Removed.Count(site => site is { Kind: "vo", Removed: > 0 }));
        Assert.Equal(5, output.Removed.Count(site => site is { Kind: "qk", Removed: > 0 }));
        Assert.InRange(output.MaskedDifference!.Value, 0, 1e-4);
        // A value dimension: 64 weights for each of 4 value heads and 8 query heads; a frequency: twice that; a neuron: 64 for each of its three layers. Each of
        // the layers that are refitted gets a bias.
        long expected = output.Count("dense", "parameters") - output.Removed.Sum(site => site.Removed * 64L * (site.Kind switch { "vo" => 4 + 8, "qk" => 2 * (4 + 8), _ => 3 })) + (10 * 64);
        Assert.Equal(expected, output.Count("pruned", "parameters"));
    }

    /// <summary>A budget, and so prices: whole key heads go with their value head and the two query heads of each, and what is counted is what the file has.</summary>
    [Fact]
    public async Task A_language_model_loses_whole_key_and_value_groups_where_prices_say_so()
    {
        string dense = Path.Combine(RealWorker.Models, "stories260K/stories260K_op17.onnx"), inputs = worker.File("stories-groups.npz");
        TakeInputs(Path.Combine(RealWorker.Models, "stories260K/stories260K_op17.ort1311_io.npz"), inputs);
        string data = $"task: causal-lm\ndata:\n  personal: {{ path: \"{inputs}\" }}";
        PruneOutput output = await worker.Prune(Spec(dense, data, "views: 0\n  budget: { macs: 0.6 }"));
        PruneOutput without = await worker.Prune(Spec(dense, data, "views: 0\n  modules: false\n  budget: { macs: 0.6 }"));
        Assert.Equal(5, output.Removed.Count(site => site.Kind == "group"));
        Assert.Contains(output.Removed, site => site is { Kind: "group", Removed: > 0 });
        Assert.DoesNotContain(without.Removed, site => site.Kind == "group");
        Assert.InRange(output.MaskedDifference!.Value, 0, 1e-4);
        foreach (PruneOutput each in new[] { output, without })
            Assert.InRange((double)each.Count("pruned", "macs") / each.Count("dense", "macs"), 0.5, 0.6);
    }

    private async Task IsPruned(string model, int sites, string rest)
    {
        string dense = Path.Combine(RealWorker.Models, model);
        PruneOutput output = await worker.Prune(Spec(dense, rest, Ratios));
        PruneOutput nothing = await worker.Prune(Spec(dense, rest, "ratios: { ffn: 0, qk: 0, vo: 0 }"));
        Assert.Equal(sites, output.Removed.Count(site => site.Removed > 0));
        Assert.InRange(output.MaskedDifference!.Value, 0, 1e-4);
        Assert.InRange(output.On("test").Agreement, 0.8, 1);
        Assert.Equal(1, nothing.On("test").Agreement);
        await RealWorker.AssertCostsAsPredicted(nothing.Model, output);
    }

    private static string Spec(string dense, string rest, string prune) => $"version: 1\nmodel: \"{dense}\"\n{rest}\nprune:\n  {prune}\n";

    /// <summary>All models of the folder, on the one recorded input that lies beside each.</summary>
    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task No_model_makes_the_worker_fail_without_a_reason(string model)
    {
        string dense = Path.Combine(RealWorker.Models, model);
        string inputs = worker.File(model.Replace('/', '-') + ".npz");
        TakeInputs(Path.ChangeExtension(dense, ".ort1311_io.npz"), inputs);
        (WorkerRun run, string folder) = await worker.Run(Spec(dense, $"data:\n  personal: {{ path: \"{inputs}\" }}", Ratios));
        if (run.ExitCode == 0)
        {
            var output = new PruneOutput(folder, "m");
            if (output.Removed.Any(site => site.Removed > 0)) Assert.InRange(output.MaskedDifference!.Value, 0, 1e-4);
            else Assert.Contains("warning PRUNE", run.Output, StringComparison.Ordinal);
            return;
        }
        Assert.True(run.ExitCode == 1, run.Output + run.Error);
        Assert.Contains("error PRUNE", run.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(), "a failed run left files");
    }

    public static TheoryData<string> Recorded()
    {
        var rows = new TheoryData<string>();
        string models = Path.Combine(SharedFolder.Repository, "..", "shared", "models");
        if (Directory.Exists(models))
        {
            foreach (string file in Directory.EnumerateFiles(models, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                // The others are pruned above on real data.
                if (File.Exists(Path.ChangeExtension(file, ".ort1311_io.npz")) && !file.Contains("vit", StringComparison.Ordinal) && !file.Contains("text-encoder", StringComparison.Ordinal))
                    rows.Add(Path.GetRelativePath(models, file).Replace('\\', '/'));
            }
        }
        if (rows.Count == 0) rows.Add("absent.onnx"); // So that the test is skipped by name.
        return rows;
    }

    /// <summary>The recorded file holds <c>in__name</c> and <c>out__name</c>; the worker wants arrays called as the inputs.</summary>
    private static void TakeInputs(string recorded, string to)
    {
        using ZipArchive from = ZipFile.OpenRead(recorded);
        using ZipArchive inputs = ZipFile.Open(to, ZipArchiveMode.Create);
        foreach (ZipArchiveEntry entry in from.Entries.Where(entry => entry.Name.StartsWith("in__", StringComparison.Ordinal)))
        {
            using Stream source = entry.Open();
            using Stream target = inputs.CreateEntry(entry.Name["in__".Length..]).Open();
            source.CopyTo(target);
        }
    }
}
