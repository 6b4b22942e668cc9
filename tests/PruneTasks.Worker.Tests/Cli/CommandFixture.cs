using PruneTasks.Worker.Cli;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>A folder with a model, images and a spec that fit each other, and the command line run in-process.</summary>
internal sealed class CommandFixture : IDisposable
{
    public const string Spec = """
        version: 1
        model: model.onnx
        task: image-classification
        labels: [red, green, blue]
        image: { size: [4, 4] }
        data:
          personal: { path: data }
        prune:
          budget: { macs: 0.5 }
        """;

    public CommandFixture()
    {
        Folder.Write("model.onnx", TestModels.ChannelMeans(4));
        for (int i = 0; i < 20; i++)
        {
            Folder.Write($"data/red/{i}.bmp", TestFiles.Bmp(4, 4, 255, (byte)i, 0));
            Folder.Write($"data/blue/{i}.bmp", TestFiles.Bmp(4, 4, 0, (byte)i, 255));
        }
        Folder.Write("m.prune.yaml", Spec);
    }

    public TestFolder Folder { get; } = new();

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public int Run(IPruningPipeline? pipeline, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = WorkerCommandLine.RunAsync(arguments, new CommandContext(output, error) { Pipeline = pipeline }).GetAwaiter().GetResult();
        (Output, Error) = (output.ToString(), error.ToString());
        return code;
    }

    public int Prune(IPruningPipeline? pipeline = null) => Run(pipeline ?? new Smaller(), "prune", "--spec", Folder.File("m.prune.yaml"), "--output", Folder.File("out"));

    public void Dispose() => Folder.Dispose();

    /// <summary>Stands in for pruning, which has tests of its own: gives the same classifier with another gain.</summary>
    internal sealed class Smaller : IPruningPipeline
    {
        public PruneJob? Job { get; private set; }

        public PruneOutcome Run(PruneJob job, CancellationToken cancellation)
        {
            Job = job;
            return new PruneOutcome
            {
                Model = TestModels.ChannelMeans(4, 0.5f),
                Sites = [new SiteReport { Kind = "ffn", Layer = "h", UnitsDense = 8, UnitsKept = 4 }],
                Refusals = [],
                Stages = [new StageTime("build", 0.25)],
            };
        }
    }

    /// <summary>Fails as told.</summary>
    internal sealed class Failing(Exception problem) : IPruningPipeline
    {
        public PruneOutcome Run(PruneJob job, CancellationToken cancellation) => throw problem;
    }
}
