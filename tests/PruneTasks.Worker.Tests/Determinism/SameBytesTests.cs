using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Benchmarks.Scale;
using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;
using PruneTasks.Worker.Data;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Worker.Tests.Determinism;

/// <summary>Each run is a process of its own: threads and memory of libtorch are those of a process (docs/decisions/0024).</summary>
public sealed class SameBytesTests : IDisposable
{
    private const int Samples = 8, Side = 40;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_convolutional_network_gives_the_same_bytes_for_one_thread_and_two_if_asked_to()
    {
        Model("x", Convolutional());
        Assert.Equal(await Prune("one", 1), await Prune("one", 2));
    }

    [Fact]
    public async Task A_transformer_gives_the_same_bytes_for_one_thread_and_two_if_asked_to()
    {
        Model("input", Transformer());
        Assert.Equal(await Prune("one", 1), await Prune("one", 2));
    }

    [Fact]
    public async Task The_same_threads_give_the_same_bytes_in_every_run()
    {
        Model("x", Convolutional());
        byte[] first = await Prune("any", 2);
        Assert.Equal(first, await Prune("any", 2));
        Assert.Equal(first, await Prune("any", 2));
    }

    private void Model(string input, byte[] model)
    {
        Random random = new(3);
        Sample[] samples = [.. Enumerable.Range(0, Samples).Select(n => new Sample($"{n}", [TensorData.Of([3, Side, Side], Image(n, random))], null))];
        _folder.Write("model.onnx", model);
        SampleFile.Write(_folder.File("samples"), [new ModelInput(input, ElementType.Float32, null)], samples);
    }

    // Smooth, with some noise: neither all alike nor without order.
    private static float[] Image(int n, Random random) =>
        [.. Enumerable.Range(0, 3 * Side * Side).Select(i => (float)(Math.Sin((i * 0.01 * (n + 1)) + n) + (0.5 * random.NextDouble())))];

    private async Task<byte[]> Prune(string threads, int allowed)
    {
        string spec = _folder.Write("m.prune.yaml", $$"""
            version: 1
            model: model.onnx
            data: { personal: { path: samples } }
            prune: { views: 0, threads: {{threads}}, budget: { macs: 0.4 } }
            """);
        string output = _folder.File(Path.GetRandomFileName());
        WorkerRun run = (await WorkerProcess.Run("prune", "--spec", spec, "--output", output, "--threads", $"{allowed}")).Succeeded();
        SaysWhatItCosts(run, output, threads == "one" && allowed > 1);
        byte[] pruned = File.ReadAllBytes(Path.Combine(output, "m.pruned.onnx"));
        Assert.True(pruned.Length < new FileInfo(_folder.File("model.onnx")).Length, "nothing was pruned");
        return pruned;
    }

    private static void SaysWhatItCosts(WorkerRun run, string output, bool costs)
    {
        // On a machine that is busy enough a pass may be too slow to be timed; that is said too.
        Match line = Regex.Match(run.Error, @"prune\.threads: one: (a forward pass takes ([0-9.]+) times as long as with 2 threads|what one thread costs against 2 was not measured: )");
        Assert.Equal(costs, line.Success);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "report.json")));
        JsonElement threads = report.RootElement.GetProperty("threads");
        Assert.Equal(costs ? JsonValueKind.Object : JsonValueKind.Null, threads.ValueKind);
        if (line.Groups[2].Success) Assert.Equal(threads.GetProperty("ratio").GetDouble(), double.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture), 0.006);
    }

    // Kernels of 1 × 1 over many channels and a few samples at a time: two threads sum otherwise than one there, and give other bytes where they are not asked for the same.
    private static byte[] Convolutional()
    {
        var g = new ConvolutionalGraph();
        Value x = g.ConvNormRelu(g.Image(3, Side), 3, 64, stride: 2);
        x = g.ConvNormRelu(x, 64, 256, kernel: 1);
        x = g.ConvNormRelu(x, 256, 24, kernel: 1);
        x = g.ConvNormRelu(x, 24, 64, stride: 2);
        return OnnxWriter.ToBytes(g.Finish(g.Head(x, 64)));
    }

    private static byte[] Transformer() => GeneratedVit.Create(new VitShape("small", Side, 8, 96, 2, 3));
}
