using System.Globalization;
using System.Text;

namespace PruneTasks.Worker.Progress;

/// <summary>
/// One line at the bottom of a terminal, drawn over and over: stage, bar, step, time. What is worth keeping scrolls above it. Only carriage
/// returns and blanks are used, so it works on every terminal.
/// </summary>
internal sealed class TerminalProgress : IRunProgress, IDisposable
{
    private const int BarWidth = 16;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly object _gate = new();
    private readonly TextWriter _terminal;
    private readonly Func<int> _width;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly StepPace _steps;
    private readonly RunEstimate _run;
    private readonly long _start;
    private string _stage = "";
    private long _began;
    private int _drawn;
    private bool _ended;

    /// <summary>Draws on a terminal from now on.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="width">Columns; asked again for each drawing, since people resize windows.</param>
    /// <param name="time">The clock; tests replace it.</param>
    public TerminalProgress(TextWriter terminal, Func<int> width, TimeProvider? time = null)
    {
        (_terminal, _width, _time) = (terminal, width, time ?? TimeProvider.System);
        (_steps, _run) = (new StepPace(_time), new RunEstimate(_time));
        _start = _began = _time.GetTimestamp();
        _timer = _time.CreateTimer(_ => Locked(Draw), null, Tick, Tick);
    }

    /// <inheritdoc/>
    public void Expect(ExpectedRun run) => Locked(() => _run.Expect(run));

    /// <inheritdoc/>
    public void Stage(string name) => Locked(() =>
    {
        if (_stage.Length > 0) Keep($"{_stage} ({Pace.Clock(_time.GetElapsedTime(_began))})");
        (_stage, _began) = (name, _time.GetTimestamp());
        _steps.Reset();
        _run.Stage(name);
        Draw();
    });

    /// <inheritdoc/>
    public void Line(string text) => Locked(() =>
    {
        Keep(text);
        Draw();
    });

    /// <inheritdoc/>
    public void Step(int done, int total) => Locked(() => _steps.Step(done, total));

    /// <summary>Writes to another writer that shows on the same terminal, above the bar.</summary>
    public void Above(Action write) => Locked(() =>
    {
        Erase();
        write();
        Draw();
    });

    /// <summary>Takes the bar away.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Locked(() =>
        {
            Erase();
            _terminal.Flush();
            _ended = true;
        });
    }

    // A tick that was on its way when the timer ended must not draw again.
    private void Locked(Action action)
    {
        lock (_gate)
        {
            if (!_ended) action();
        }
    }

    private void Keep(string line)
    {
        Erase();
        _terminal.WriteLine(line);
    }

    private void Erase()
    {
        if (_drawn > 0) _terminal.Write("\r" + new string(' ', _drawn) + "\r");
        _drawn = 0;
    }

    private void Draw()
    {
        if (_stage.Length == 0) return;
        var line = new StringBuilder(_stage);
        if (_steps.Total > 0)
        {
            int filled = (int)((long)BarWidth * Math.Min(_steps.Done, _steps.Total) / _steps.Total);
            line.Append(CultureInfo.InvariantCulture, $"  [{new string('#', filled)}{new string('.', BarWidth - filled)}] {_steps.Done} of {_steps.Total}");
            if (_steps.Left is { } left) line.Append(CultureInfo.InvariantCulture, $", about {Pace.Clock(left)} left");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $"  {Pace.Clock(_time.GetElapsedTime(_began))}");
        }
        line.Append(CultureInfo.InvariantCulture, $"  (all: {Pace.Clock(_time.GetElapsedTime(_start))}{(_run.Left(_steps) is { } whole ? $", about {Pace.Clock(whole)} left" : "")})");
        // The last column stays free: some terminals break the line there.
        string text = line.ToString(0, Math.Min(line.Length, Math.Max(20, _width()) - 1));
        _terminal.Write("\r" + text.PadRight(_drawn));
        _drawn = text.Length;
        _terminal.Flush();
    }
}
