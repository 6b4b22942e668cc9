using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;
using PruneTasks.Tasks.Stamps;
using TaskItem = Microsoft.Build.Utilities.TaskItem;

namespace PruneTasks.Tasks.Tests;

/// <summary>Describe, check and run with the fake worker in a real process.</summary>
public sealed class RunWorkerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("a b ß");
    private readonly ModelFolder _model;
    private RecordingEngine _engine = new();

    public RunWorkerTests()
    {
        _folder.Write("tiny.prune.yaml", "version: 1\ndata:\n  personal: { path: data }\n");
        _folder.Write("data/sample.png", "");
        File.WriteAllBytes(_folder["tiny.onnx"], TinyModel.Identity());
        _model = new ModelFolder(_folder["obj", "tiny"]);
        Assert.True(Describe(out _));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_takes_over_model_and_reports_and_leaves_a_stamp()
    {
        RunWorker task = NewTask();

        Assert.True(task.Execute(), _engine.Text);

        Assert.Equal(TinyModel.Identity(), File.ReadAllBytes(_model.Pruned));
        Assert.True(File.Exists(_model.Report));
        Assert.True(File.Exists(_model.Page));
        Assert.Equal(_model.Pruned, (string?)JsonNode.Parse(File.ReadAllText(_model.Result))!["files"]!["model"]);
        Assert.False(Directory.Exists(_model.Staging));
        Assert.Equal(_folder["tiny.prune.yaml"], task.Spec);
        Assert.Contains(_engine.Messages, m => m.Importance == Microsoft.Build.Framework.MessageImportance.High
            && m.Message!.Contains("the fake worker ran", StringComparison.Ordinal) && m.Message.Contains(_model.Page, StringComparison.Ordinal));
        Assert.False(NeedsPrune());
        Assert.True(Describe(out string current));
        Assert.Equal("true", current);
    }

    [Fact]
    public void Weights_beside_the_model_are_taken_over_watched_cached_and_removed_with_it()
    {
        Mode("sidecar");
        RunWorker task = NewTask();
        task.Cache = true;
        task.CachePath = _folder["cache"];

        Assert.True(task.Execute(), _engine.Text);

        Assert.Equal("weights of tiny", File.ReadAllText(_model.PrunedData));
        Assert.Equal(_model.PrunedData, (string?)JsonNode.Parse(File.ReadAllText(_model.Result))!["files"]!["data"]);
        Assert.False(NeedsPrune());

        // Other weights are another model; those of the cache are taken, and no worker runs.
        File.WriteAllText(_model.PrunedData, "weights of nobody");
        var check = new CheckPrune { BuildEngine = _engine, ModelDirectory = _folder["obj", "tiny"], Cache = true, CachePath = _folder["cache"] };
        Assert.True(check.Execute(), _engine.Text);
        Assert.Empty(check.Stale);
        Assert.Equal("weights of tiny", File.ReadAllText(_model.PrunedData));
        Assert.Single(Starts());
        File.Delete(_model.PrunedData);
        Assert.True(NeedsPrune());

        Mode("ok");
        RunWorker again = NewTask();
        again.Force = true;
        Assert.True(again.Execute(), _engine.Text);
        Assert.False(File.Exists(_model.PrunedData));
        Assert.Null((string?)JsonNode.Parse(File.ReadAllText(_model.Result))!["files"]!["data"]);
        Assert.False(NeedsPrune());
    }

    [Fact]
    public void The_request_says_all_that_the_worker_needs()
    {
        Assert.True(NewTask().Execute(), _engine.Text);

        JsonNode request = JsonNode.Parse(Assert.Single(Starts()))!;
        Assert.Equal(1, (int)request["version"]!);
        Assert.Equal(_folder["tiny.prune.yaml"], (string?)request["spec"]);
        Assert.Null(request["model"]);
        Assert.Equal("tiny", (string?)request["name"]);
        Assert.StartsWith(_model.Staging, (string?)request["output"]);
        // Not in the staging folder, which the next run empties.
        Assert.Equal(_folder["obj", "tiny", "checkpoint"], (string?)request["checkpoint"]);
        Assert.Equal("/natives/torch", (string?)request["libtorch"]);
        Assert.Null(request["onnxruntime"]);
        Assert.Equal(3, (int)request["threads"]!);
    }

    [Fact]
    public void A_model_that_another_build_has_just_pruned_starts_no_worker()
    {
        Assert.True(NewTask().Execute(), _engine.Text);
        Assert.True(NewTask().Execute(), _engine.Text);
        Assert.Single(Starts());

        RunWorker forced = NewTask();
        forced.Force = true;
        Assert.True(forced.Execute(), _engine.Text);
        Assert.Equal(2, Starts().Length);
    }

    [Fact]
    public void Errors_of_the_result_are_logged_with_place_id_and_link()
    {
        Mode("error");

        Assert.False(NewTask().Execute());

        var error = Assert.Single(_engine.Errors);
        Assert.Equal("PRUNE0021", error.Code);
        Assert.Equal((_folder["tiny.prune.yaml"], 3, 11, 3, 15), (error.File, error.LineNumber, error.ColumnNumber, error.EndLineNumber, error.EndColumnNumber));
        Assert.EndsWith("PRUNE0021.md", error.HelpLink);
        Assert.Null(error.Subcategory);
        AssertNothingTaken();
    }

    [Fact]
    public void Warnings_of_the_result_do_not_stop_it()
    {
        Mode("warning");

        Assert.True(NewTask().Execute(), _engine.Text);

        Assert.Equal("PRUNE0411", Assert.Single(_engine.Warnings).Code);
        Assert.True(File.Exists(_model.Stamp));
    }

    [Theory]
    [InlineData("crash", "PRUNE0909", "134")]
    [InlineData("malformed", "PRUNE0910", "result.json")]
    [InlineData("wrong-hash", "PRUNE0913", "SHA-256")]
    [InlineData("wrong-sidecar", "PRUNE0913", "SHA-256")]
    [InlineData("lying-exit-code", "PRUNE0909", "3")]
    public void A_run_that_cannot_be_trusted_is_an_error_and_takes_nothing(string mode, string id, string said)
    {
        Mode(mode);

        Assert.False(NewTask().Execute());

        var error = Assert.Single(_engine.Errors);
        Assert.Equal(id, error.Code);
        Assert.Contains(said, error.Message);
        Assert.Contains("fake worker, mode " + mode, File.ReadAllText(_model.Log));
        AssertNothingTaken();
        Assert.True(NeedsPrune());
    }

    [Theory]
    [InlineData("killed", "PRUNE0905", "137")]
    [InlineData("bad-alloc", "PRUNE0905", "data.personal.samples")]
    [InlineData("disk-full", "PRUNE0917", "No space left on device")]
    [InlineData("file-limit", "PRUNE0917", "ulimit -f")]
    public void A_worker_that_the_machine_had_too_little_for_is_an_error_with_advice(string mode, string id, string said)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "exit codes of signals");
        Mode(mode);

        Assert.False(NewTask().Execute());

        var error = Assert.Single(_engine.Errors);
        Assert.Equal(id, error.Code);
        Assert.Contains(said, error.Message);
        AssertNothingTaken();
    }

    [Fact]
    public void A_worker_that_takes_too_long_is_stopped()
    {
        Mode("hang");
        RunWorker task = NewTask();
        task.TimeLimit = "0.03";

        Assert.False(task.Execute());

        var error = Assert.Single(_engine.Errors);
        Assert.Equal("PRUNE0916", error.Code);
        Assert.Contains("0.03 minutes", error.Message);
        int worker = int.Parse(File.ReadAllText(_folder["fake-worker.pid"]), CultureInfo.InvariantCulture);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(worker));
        AssertNothingTaken();
    }

    [Fact]
    public void Properties_that_make_no_sense_are_warnings_and_the_defaults_hold()
    {
        RunWorker task = NewTask();
        task.TimeLimit = "soon";
        task.Cache = true;
        task.CachePath = _folder["cache"];
        task.CacheMaxSize = "lots";

        Assert.True(task.Execute(), _engine.Text);

        Assert.Equal(["PRUNE0918", "PRUNE0918"], _engine.Warnings.Select(w => w.Code));
        Assert.Contains(_engine.Warnings, w => w.Message!.Contains("PruneTasksTimeout is 'soon'", StringComparison.Ordinal));
        Assert.Contains(_engine.Warnings, w => w.Message!.Contains("5.0 GB is used", StringComparison.Ordinal));
        Assert.NotEmpty(Directory.GetFiles(_folder["cache"], "model.onnx", SearchOption.AllDirectories));
    }

    [Fact]
    public void What_is_larger_than_the_cache_may_be_is_not_kept()
    {
        RunWorker task = NewTask();
        task.Cache = true;
        task.CachePath = _folder["cache"];
        task.CacheMaxSize = "10";

        Assert.True(task.Execute(), _engine.Text);

        Assert.Empty(Directory.Exists(_folder["cache"]) ? Directory.GetFiles(_folder["cache"], "model.onnx", SearchOption.AllDirectories) : []);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void A_result_from_the_cache_repeats_its_warnings_and_speaks_of_this_project(bool sameText, int line)
    {
        Mode("warning");
        RunWorker first = NewTask();
        first.Cache = true;
        first.CachePath = _folder["cache"];
        Assert.True(first.Execute(), _engine.Text);
        _folder.Write("other/second.prune.yaml", (sameText ? "" : "# moved\n") + File.ReadAllText(_folder["tiny.prune.yaml"]));
        _folder.Write("other/data/sample.png", "");
        File.WriteAllBytes(_folder["other", "second.onnx"], TinyModel.Identity());
        Assert.True(Describe("other/second.prune.yaml", out _));
        var check = new CheckPrune { BuildEngine = _engine = new RecordingEngine(), ModelDirectory = _folder["obj", "second"], Cache = true, CachePath = _folder["cache"] };

        Assert.True(check.Execute(), _engine.Text);

        Assert.Empty(check.Stale);
        var warning = Assert.Single(_engine.Warnings);
        Assert.Equal(("PRUNE0411", _folder["other", "second.prune.yaml"], line), (warning.Code, warning.File, warning.LineNumber));
        Assert.Contains(_engine.Messages, m => m.Message!.StartsWith("second: the fake worker ran (from the cache); report: ", StringComparison.Ordinal));
        Assert.Equal(TinyModel.Identity(), File.ReadAllBytes(_folder["obj", "second", "second.pruned.onnx"]));
        Assert.Single(Starts());
        Assert.Equal("second", (string?)JsonNode.Parse(File.ReadAllText(_folder["obj", "second", "result.json"]))!["name"]);
    }

    [Fact]
    public void A_staging_folder_that_a_killed_build_left_goes_though_the_model_is_current()
    {
        Assert.True(NewTask().Execute(), _engine.Text);
        _folder.Write("obj/tiny/staging/left", "");

        Assert.True(Describe(out string current));
        Assert.Equal("false", current);
        Assert.False(NeedsPrune());
        Assert.False(Directory.Exists(_model.Staging));
        Assert.True(Describe(out current));
        Assert.Equal("true", current);
    }

    [Fact]
    public void Stages_with_the_time_left_are_messages_that_every_logger_shows()
    {
        Mode("stages");

        Assert.True(NewTask().Execute(), _engine.Text);

        string[] shown = [.. _engine.Messages.Where(m => m.Importance == Microsoft.Build.Framework.MessageImportance.High).Select(m => m.Message!)];
        Assert.Contains("tiny: pruning.", shown);
        Assert.Contains("tiny: measure layers: 3 of 12, about 0:34 left", shown);
        Assert.DoesNotContain(shown, message => message.Contains("fake worker, mode", StringComparison.Ordinal));
        RunWorker again = NewTask();
        again.Force = true;
        Assert.True(again.Execute(), _engine.Text);
        Assert.Contains(_engine.Messages, m => m.Message!.StartsWith("tiny: pruning; the last time it took ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_worker_ends_soon_after_the_process_that_it_was_told_to_watch()
    {
        Mode("hang");
        // Any process that lives for a while: another worker, which watches this one.
        using Process parent = Start(Environment.ProcessId);
        string pidFile = _folder["fake-worker.pid"];
        while (!File.Exists(pidFile) || File.ReadAllText(pidFile).Length == 0)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        using Process worker = Start(parent.Id);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Assert.False(worker.HasExited);
        Assert.False(parent.HasExited);

        parent.Kill();

        Assert.True(worker.WaitForExit(TimeSpan.FromSeconds(5)));

        Process Start(int watched)
        {
            string request = _folder.Write("request.json", new PruneTasks.Spec.Contracts.PruneRequest { Spec = _folder["tiny.prune.yaml"], Name = "tiny", Output = _folder.Path }.ToJson());
            var start = new ProcessStartInfo("dotnet", ["exec", Repository.FakeWorker, "prune", "--request", request]) { RedirectStandardOutput = true };
            start.Environment["PRUNETASKS_PARENT"] = watched.ToString(CultureInfo.InvariantCulture);
            return Process.Start(start)!;
        }
    }

    [Fact]
    public void A_failed_run_keeps_the_model_of_the_last_good_one()
    {
        Assert.True(NewTask().Execute(), _engine.Text);
        byte[] pruned = File.ReadAllBytes(_model.Pruned);
        string stamp = File.ReadAllText(_model.Stamp);
        Mode("error");
        File.WriteAllBytes(_folder["tiny.onnx"], TinyModel.Identity(9));

        Assert.False(NewTask().Execute());

        Assert.Equal(pruned, File.ReadAllBytes(_model.Pruned));
        Assert.Equal(stamp, File.ReadAllText(_model.Stamp));
        Assert.True(NeedsPrune());
    }

    [Fact]
    public async Task Cancelling_kills_the_worker_and_leaves_nothing()
    {
        Mode("hang");
        RunWorker task = NewTask();
        Task<bool> run = Task.Run(task.Execute, TestContext.Current.CancellationToken);
        string pidFile = _folder["fake-worker.pid"];
        while (!File.Exists(pidFile) || File.ReadAllText(pidFile).Length == 0)
        {
            Assert.False(run.IsCompleted, _engine.Text);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        using Process worker = Process.GetProcessById(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture));
        task.Cancel();

        Assert.False(await run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.True(worker.WaitForExit(TimeSpan.FromSeconds(5)));
        Assert.Empty(_engine.Errors);
        Assert.Contains("PRUNE0908", _engine.Warnings.Select(w => w.Code));
        AssertNothingTaken();
    }

    [Fact]
    public void Left_over_files_of_a_killed_build_do_no_harm()
    {
        _folder.Write("obj/tiny/staging/tiny.pruned.onnx", "half");
        _folder.Write("obj/tiny/tiny.pruned.onnx", "half");

        Assert.True(NeedsPrune());
        Assert.True(NewTask().Execute(), _engine.Text);

        Assert.Equal(TinyModel.Identity(), File.ReadAllBytes(_model.Pruned));
        Assert.False(NeedsPrune());
    }

    [Fact]
    public void Each_run_writes_into_a_folder_of_its_own()
    {
        Assert.True(NewTask().Execute(), _engine.Text);
        RunWorker again = NewTask();
        again.Force = true;
        Assert.True(again.Execute(), _engine.Text);

        Assert.Equal(2, Starts().Select(line => (string?)JsonNode.Parse(line)!["output"]).Distinct().Count());
    }

    [Fact]
    public void A_worker_that_is_not_there_is_an_error()
    {
        RunWorker task = NewTask();
        task.WorkerAssembly = _folder["absent.dll"];

        Assert.False(task.Execute());

        Assert.Equal("PRUNE0909", Assert.Single(_engine.Errors).Code);
        Assert.Contains("absent.dll", File.ReadAllText(_model.Log));
    }

    private void Mode(string mode) => _folder.Write("fake-worker.mode", mode);

    private string[] Starts() => File.Exists(_folder["fake-worker.log"]) ? File.ReadAllLines(_folder["fake-worker.log"]) : [];

    private void AssertNothingTaken()
    {
        Assert.False(File.Exists(_model.Pruned));
        Assert.False(File.Exists(_model.Stamp));
        Assert.False(Directory.Exists(_model.Staging));
    }

    private bool Describe(out string current) => Describe("tiny.prune.yaml", out current);

    private bool Describe(string spec, out string current)
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

    private bool NeedsPrune()
    {
        var task = new CheckPrune { BuildEngine = new RecordingEngine(), ModelDirectory = _model.Directory };
        Assert.True(task.Execute());
        return task.Stale.Length > 0;
    }

    private RunWorker NewTask()
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
