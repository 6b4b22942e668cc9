using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;

namespace PruneTasks.Tasks.Tests;

/// <summary>Describe, check and run with the fake worker in a real process: what a run takes over, says and leaves.</summary>
public sealed class RunWorkerTests : WorkerScene
{
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
    public void Warnings_of_the_result_do_not_stop_it()
    {
        Mode("warning");

        Assert.True(NewTask().Execute(), _engine.Text);

        Assert.Equal("PRUNE0411", Assert.Single(_engine.Warnings).Code);
        Assert.True(File.Exists(_model.Stamp));
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
    public void Each_run_writes_into_a_folder_of_its_own()
    {
        Assert.True(NewTask().Execute(), _engine.Text);
        RunWorker again = NewTask();
        again.Force = true;
        Assert.True(again.Execute(), _engine.Text);

        Assert.Equal(2, Starts().Select(line => (string?)JsonNode.Parse(line)!["output"]).Distinct().Count());
    }
}
