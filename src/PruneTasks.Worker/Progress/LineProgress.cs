using System.Globalization;

namespace PruneTasks.Worker.Progress;

/// <summary>Plain lines, for logs: each stage as it begins, and in long stages a line now and then.</summary>
/// <param name="write">Takes a line.</param>
/// <param name="time">The clock; tests replace it.</param>
internal sealed class LineProgress(Action<string> write, TimeProvider? time = null) : IRunProgress
{
    /// <summary>At most one line on steps in this time: a log is read afterwards.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // Less than this is not worth saying.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly StepPace _steps = new(time ?? TimeProvider.System);
    private readonly RunEstimate _run = new(time ?? TimeProvider.System);
    private string _stage = "";
    private long _said;

    /// <inheritdoc/>
    public void Expect(ExpectedRun run) => _run.Expect(run);

    /// <inheritdoc/>
    public void Stage(string name)
    {
        _stage = name;
        _said = _time.GetTimestamp();
        _steps.Reset();
        _run.Stage(name);
        write(_run.Left(_steps) is { } all && all > Shortest ? $"{name} (about {Pace.Clock(all)} left in all)" : name);
    }

    /// <inheritdoc/>
    public void Line(string text) => write(text);

    /// <inheritdoc/>
    public void Step(int done, int total)
    {
        _steps.Step(done, total);
        if (_time.GetElapsedTime(_said) < Interval) return;
        _said = _time.GetTimestamp();
        string left = _steps.Left is { } rest ? $", about {Pace.Clock(rest)} left" : "";
        string all = _run.Left(_steps) is { } whole ? $", {Pace.Clock(whole)} in all" : "";
        write(string.Create(CultureInfo.InvariantCulture, $"{_stage}: {done} of {total}{left}{all}"));
    }
}
