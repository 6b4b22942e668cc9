using System.Security.Cryptography;
using PruneTasks.BuildTesting;
using PruneTasks.WorkerRuns;

namespace PruneTasks.RealModels.Tests;

/// <summary>What is asked for by <c>PRUNETASKS_REPRODUCIBLE</c>: one thread and two give the same bytes (docs/decisions/0024).</summary>
public sealed class ThreadCountTests
{
    [Theory]
    [InlineData("rten-mnist/mnist.onnx", "task: image-classification\nimage: { size: [28, 28], color: gray, mean: [0.1307], std: [0.3081] }", "data/mnist/train")]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op17.onnx", "task: generic", "models/vit-mnist-einsum-502k/expected.npz")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17.onnx", "task: text-classification", "models/text-encoder-toy-102k/expected.npz")]
    public async Task One_thread_and_two_give_the_same_bytes(string model, string task, string data)
    {
        string shared = Path.GetDirectoryName(RealWorker.Models)!;
        using var folder = new TemporaryFolder("threads");
        string spec = folder.Write("m.prune.yaml", $$"""
            version: 1
            model: "{{shared}}/models/{{model}}"
            {{task}}
            data: { personal: { path: "{{shared}}/{{data}}", samples: 96 } }
            prune:
              views: 128
              budget: { macs: 0.7 }
            """);
        string[] hashes = [await Prune(1), await Prune(2)];
        Assert.Equal(hashes[0], hashes[1]);

        async Task<string> Prune(int threads)
        {
            string output = folder[$"out{threads}"];
            (await WorkerProcess.Run(
                TimeSpan.FromMinutes(5), [("PRUNETASKS_REPRODUCIBLE", "1")], "prune", "--spec", spec, "--output", output, "--threads", $"{threads}")).Succeeded();
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(output, "m.pruned.onnx"))));
        }
    }
}
