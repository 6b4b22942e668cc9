using PruneTasks.BuildTesting;
using PruneTasks.Tasks.Stamps;
using TaskItem = Microsoft.Build.Utilities.TaskItem;

namespace PruneTasks.Tasks.Tests;

/// <summary>A project with one model, described, and the fake worker to run on it.</summary>
public abstract class WorkerScene : IDisposable
{
    private protected readonly TemporaryFolder _folder = new("a b ß");
    private protected readonly ModelFolder _model;
    private protected RecordingEngine _engine = new();

    protected WorkerScene()
    {
        _folder.Write("tiny.prune.yaml", "version: 1\ndata:\n  personal: { path: data }\n");
        _folder.Write("data/sample.png", "");
        File.WriteAllBytes(_folder["tiny.onnx"], TinyModel.Identity());
        _model = new ModelFolder(_folder["obj", "tiny"]);
        Assert.True(Describe(out _));
    }

    public void Dispose() => _folder.Dispose();

    private protected void Mode(string mode) => _folder.Write("fake-worker.mode", mode);

    private protected string[] Starts() => File.Exists(_folder["fake-worker.log"]) ? File.ReadAllLines(_folder["fake-worker.log"]) : [];

    private protected void AssertNothingTaken()
    {
        Assert.False(File.Exists(_model.Pruned));
        Assert.False(File.Exists(_model.Stamp));
        Assert.False(Directory.Exists(_model.Staging));
    }

    private protected bool Describe(out string current) => Describe("tiny.prune.yaml", out current);

    private protected bool Describe(string spec, out string current)
    {
        var task = new DescribeModels
        {
            BuildEngine = _engine,
            Models = [new TaskItem(spec)],
            ProjectDirectory = _folder.Path,
            OutputDirectory = _folder["obj"],
            ToolAssembly = Repository.FakeWorker,
            NativeVersions = "1",
        };
        bool ok = task.Execute();
        current = ok ? task.Described[0].GetMetadata("Current") : "";
        return ok;
    }

    private protected bool NeedsPrune()
    {
        var task = new CheckPrune { BuildEngine = new RecordingEngine(), ModelDirectory = _model.Directory };
        Assert.True(task.Execute());
        return task.Stale.Length > 0;
    }

    private protected RunWorker NewTask()
    {
        _engine = new RecordingEngine();
        return new RunWorker
        {
            BuildEngine = _engine,
            ModelDirectory = _model.Directory,
            WorkerAssembly = Repository.FakeWorker,
            DotNetHostPath = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"),
            LibTorchDirectory = "/natives/torch",
            Threads = 3,
        };
    }
}
