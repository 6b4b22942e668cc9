using System.Text.RegularExpressions;
using PruneTasks.BuildTesting;
using PruneTasks.Spec;
using PruneTasks.Worker.Progress;

namespace PruneTasks.Worker.Tests.Progress;

public sealed class RunEstimateTests
{
    private readonly ManualTime _time = new();
    private readonly StepPace _steps;
    private readonly RunEstimate _run;

    public RunEstimateTests() => (_steps, _run) = (new StepPace(_time), new RunEstimate(_time));

    [Fact]
    public void A_run_that_was_seen_before_is_told_from_its_first_stage()
    {
        _run.Expect(new ExpectedRun([new("read", 10), new("build", 60), new("compare", 30)], Known: true));
        _run.Stage("read");
        Assert.Equal(100, Left());
        _time.Advance(20);
        _run.Stage("build");
        // Twice as slow as the last time.
        Assert.Equal(180, Left());
        _time.Advance(60);
        Assert.Equal(120, Left());
    }

    [Fact]
    public void Of_a_run_that_was_never_seen_a_long_stage_has_to_tell_the_pace()
    {
        _run.Expect(new ExpectedRun([new("read", 0.2), new("prices", 8), new("build", 8), new("compare", 1)], Known: false));
        _run.Stage("read");
        _time.Advance(30);
        _run.Stage("prices");
        Assert.Null(Left());
        _steps.Step(0, 4);
        _time.Advance(40);
        _steps.Step(1, 4);
        // 40 s for a quarter of 8: twenty times as long. 120 s of this stage, 180 of the others.
        Assert.Equal(300, Left());
    }

    [Fact]
    public void Stages_that_are_left_out_and_stages_that_nobody_expected_do_not_disturb()
    {
        _run.Expect(new ExpectedRun([new("read", 10), new("prices", 100), new("build", 50)], Known: true));
        _run.Stage("read");
        _time.Advance(10);
        _run.Stage("something new");
        _time.Advance(1000);
        Assert.Equal(150, Left());
        _run.Stage("build");
        Assert.Equal(50, Left());
    }

    [Fact]
    public void A_stage_that_takes_longer_than_it_should_stretches_the_rest()
    {
        _run.Expect(new ExpectedRun([new("read", 10), new("build", 10), new("compare", 10)], Known: true));
        _run.Stage("read");
        _time.Advance(10);
        _run.Stage("build");
        _time.Advance(50);
        Assert.Equal(30, Left());
    }

    [Fact]
    public void The_report_of_an_earlier_run_tells_what_to_expect()
    {
        using var folder = new TestFolder();
        File.WriteAllText(Path.Combine(folder.Path, "report.json"), """{ "version": 1, "stages": [ { "name": "build", "seconds": 12.5, "peakBytes": 1 } ] }""");
        PruneSpec spec = PruneSpecReader.Read("version: 1\ndata: { personal: { path: d } }\nprune: { ratios: { ffn: 0.5 } }\n", "a.prune.yaml").Spec!;

        ExpectedRun known = ExpectedRun.Of(spec, folder.Path);
        File.WriteAllText(Path.Combine(folder.Path, "report.json"), "{");
        ExpectedRun typical = ExpectedRun.Of(spec, folder.Path);

        Assert.True(known.Known);
        Assert.Equal([new ExpectedStage("build", 12.5)], known.Stages);
        Assert.False(typical.Known);
        Assert.DoesNotContain(typical.Stages, stage => stage.Name is "measure prices" or "distil");
    }

    // The table of typical stages says nothing about a stage that is renamed.
    [Fact]
    public void Every_typical_stage_is_one_that_the_worker_has()
    {
        string sources = Path.Combine(Repository.Root, "src", "PruneTasks.Worker");
        HashSet<string> told = [.. Directory.GetFiles(sources, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), "tages\\.Run\\(\"([^\"]+)\"").Select(match => match.Groups[1].Value))];
        PruneSpec spec = PruneSpecReader.Read(
            "version: 1\ndata: { personal: { path: d }, common: { path: c } }\nprune: { budget: { latency: 0.5 }, distill: { steps: 4 } }\n", "a.prune.yaml").Spec!;

        string[] typical = [.. ExpectedRun.Of(spec, "nowhere").Stages.Select(stage => stage.Name)];

        Assert.Contains("distil", typical);
        Assert.Empty(typical.Except(told));
    }

    private int? Left() => (int?)_run.Left(_steps)?.TotalSeconds;
}
