using System.Diagnostics;
using System.Globalization;
using PruneTasks.BuildTesting;

namespace PruneTasks.Tasks.Tests;

/// <summary>Workers that fail, take too long, are stopped or are not there: what is said, what is kept, and what is not left behind.</summary>
public sealed class WorkerFailureTests : WorkerScene
{
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
    public void A_worker_that_is_not_there_is_an_error()
    {
        RunWorker task = NewTask();
        task.WorkerAssembly = _folder["absent.dll"];

        Assert.False(task.Execute());

        Assert.Equal("PRUNE0909", Assert.Single(_engine.Errors).Code);
        Assert.Contains("absent.dll", File.ReadAllText(_model.Log));
    }
}
