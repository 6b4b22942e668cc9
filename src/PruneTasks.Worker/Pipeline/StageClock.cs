using System.Diagnostics;
using PruneTasks.Worker.Progress;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Runs stages, one after the other, and keeps what they took.</summary>
/// <param name="progress">Told of each stage as it starts.</param>
internal sealed class StageClock(IRunProgress progress)
{
    /// <summary>What each stage took, in order.</summary>
    public List<StageTime> Times { get; } = [];

    /// <summary>Runs a stage.</summary>
    public void Run(string name, Action stage) => Run(name, () =>
    {
        stage();
        return 0;
    });

    /// <summary>Runs a stage that gives something.</summary>
    public T Run<T>(string name, Func<T> stage)
    {
        progress.Stage(name);
        long start = Stopwatch.GetTimestamp();
        T result = stage();
        using var process = Process.GetCurrentProcess();
        Times.Add(new StageTime(name, Stopwatch.GetElapsedTime(start).TotalSeconds, process.PeakWorkingSet64));
        return result;
    }
}
