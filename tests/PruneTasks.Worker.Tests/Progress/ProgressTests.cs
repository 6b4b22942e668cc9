using PruneTasks.Worker.Progress;

namespace PruneTasks.Worker.Tests.Progress;

public sealed class ProgressTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(10, 1, 4, 30)]
    [InlineData(10, 4, 4, 0)]
    [InlineData(10, 0, 4, null)]
    [InlineData(0, 2, 4, null)]
    [InlineData(10, 5, 4, null)]
    public void Time_left_follows_from_the_pace_so_far(int elapsed, int done, int total, int? left) =>
        Assert.Equal(left, (int?)Pace.Left(TimeSpan.FromSeconds(elapsed), done, total)?.TotalSeconds);

    [Theory]
    [InlineData(7, "0:07")]
    [InlineData(750, "12:30")]
    [InlineData(3723, "1:02:03")]
    public void Times_are_written_as_clocks_do(int seconds, string text) => Assert.Equal(text, Pace.Clock(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Plain_lines_tell_stages_at_once_and_steps_now_and_then()
    {
        List<string> lines = [];
        var progress = new LineProgress(lines.Add, _time);
        progress.Stage("measure prices");
        progress.Step(0, 40);
        for (int i = 1; i <= 30; i++)
        {
            _time.Advance(1);
            progress.Step(i, 40);
        }
        progress.Line("a remark");
        Assert.Equal(["measure prices", "measure prices: 10 of 40, about 0:30 left", "measure prices: 20 of 40, about 0:20 left", "measure prices: 30 of 40, about 0:10 left", "a remark"], lines);
    }

    [Fact]
    public void A_stage_that_counts_anew_is_judged_by_the_new_steps()
    {
        var steps = new StepPace(_time);
        steps.Step(0, 10);
        _time.Advance(100);
        steps.Step(10, 10);
        Assert.Equal(TimeSpan.Zero, steps.Left);
        steps.Step(0, 5);
        Assert.Null(steps.Left);
        _time.Advance(2);
        steps.Step(1, 5);
        Assert.Equal(TimeSpan.FromSeconds(8), steps.Left);
    }

    [Fact]
    public void A_terminal_shows_one_line_that_is_drawn_over_and_keeps_what_is_said()
    {
        using var terminal = new StringWriter { NewLine = "\n" };
        using (var progress = new TerminalProgress(terminal, () => 80, _time))
        {
            progress.Stage("build");
            progress.Step(0, 4);
            _time.Advance(10);
            progress.Step(1, 4);
            progress.Line("a remark");
            progress.Stage("remove");
        }
        string text = terminal.ToString();
        Assert.Contains("build  [####............] 1 of 4, about 0:30 left  (all: 0:10)", text, StringComparison.Ordinal);
        Assert.Equal(["a remark", "build (0:10)", ""], Shown(text).Split('\n').Select(line => line.TrimEnd()));
    }

    [Fact]
    public void Time_left_of_the_whole_run_stands_with_each_stage_and_step()
    {
        var expected = new ExpectedRun([new("read", 10), new("build", 40)], Known: true);
        List<string> lines = [];
        var plain = new LineProgress(lines.Add, _time);
        using var terminal = new StringWriter { NewLine = "\n" };
        using (var drawn = new TerminalProgress(terminal, () => 80, _time))
        {
            foreach (IRunProgress progress in new IRunProgress[] { plain, drawn })
            {
                progress.Expect(expected);
                progress.Stage("read");
            }
            _time.Advance(10);
            plain.Stage("build");
            plain.Step(0, 4);
            _time.Advance(10);
            plain.Step(1, 4);
            drawn.Line("a remark");
        }
        Assert.Equal(["read (about 0:50 left in all)", "build (about 0:40 left in all)", "build: 1 of 4, about 0:30 left, 0:30 in all"], lines);
        Assert.Contains("(all: 0:20, about 1:20 left)", terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_never_wider_than_the_terminal()
    {
        using var terminal = new StringWriter();
        using (var progress = new TerminalProgress(terminal, () => 30, _time)) progress.Stage(new string('x', 100));
        Assert.All(terminal.ToString().Split('\r'), part => Assert.True(part.Length < 30, part));
    }

    [Fact]
    public void Diagnostics_appear_above_the_bar()
    {
        using var terminal = new StringWriter { NewLine = "\n" };
        using (var progress = new TerminalProgress(terminal, () => 80, _time))
        {
            progress.Stage("build");
            new WriterAboveProgress(terminal, progress).WriteLine("a.yaml: warning PRUNE0408: text");
        }
        Assert.Equal(["a.yaml: warning PRUNE0408: text", ""], Shown(terminal.ToString()).Split('\n').Select(line => line.TrimEnd()));
    }

    // What a terminal shows in the end: a carriage return goes back to the first column.
    private static string Shown(string written) => string.Join('\n', written.Split('\n').Select(line =>
    {
        char[] cells = [];
        foreach (string part in line.Split('\r')) cells = [.. part, .. cells.Skip(part.Length)];
        return new string(cells);
    }));
}
