using PruneTasks.BuildTesting;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Worker.Tests.Data;

/// <summary>The process itself: whether it has ICU is decided when it starts.</summary>
public sealed class TextSourceTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Texts_with_accents_are_read_by_a_tokenizer_that_strips_them()
    {
        string sample = Path.Combine(Repository.Root, "samples", "TextIntent");
        foreach (string file in (string[])["intents.onnx", "vocab.txt", "labels.txt"])
            File.Copy(Path.Combine(sample, file), _folder.File(file));
        _folder.Write("texts.txt", string.Join('\n', File.ReadLines(Path.Combine(sample, "data", "personal", "lights on.txt")).Take(15).Append("dímm the lïghts in the café")));
        string spec = _folder.Write("m.prune.yaml", """
            version: 1
            model: intents.onnx
            task: text-classification
            labels: labels.txt
            text: { tokenizer: vocab.txt, max-length: 32 }
            data: { personal: { path: texts.txt } }
            prune: { budget: { macs: 0.9 }, time: 0.2 }
            """);

        WorkerRun run = await WorkerProcess.Run("prune", "--spec", spec, "--output", _folder.File("out"));

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }
}
