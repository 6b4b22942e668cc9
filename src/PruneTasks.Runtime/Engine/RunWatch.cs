using System.Diagnostics;

namespace PruneTasks.Runtime;

/// <summary>Takes a turn for a run, and its time where somebody listens.</summary>
internal readonly struct RunWatch
{
    private readonly ModelEngine _engine;
    private readonly Activity? _activity;
    private readonly long _start;

    private RunWatch(ModelEngine engine, Activity? activity, long start) => (_engine, _activity, _start) = (engine, activity, start);

    /// <summary>Waits for a turn, unless the caller has one; give it back to the engine's gate afterwards.</summary>
    public static RunWatch Start(ModelEngine engine, CancellationToken cancellationToken, bool hasTurn = false)
    {
        if (!ModelTelemetry.IsOn)
        {
            if (!hasTurn)
                engine.Gate?.Wait(cancellationToken);
            return new RunWatch(engine, null, 0);
        }
        Activity? activity = ModelTelemetry.Start(engine);
        try
        {
            long asked = Stopwatch.GetTimestamp();
            if (!hasTurn && engine.Gate is { } gate)
            {
                gate.Wait(cancellationToken);
                ModelTelemetry.Waited(engine, Stopwatch.GetElapsedTime(asked));
            }
            return new RunWatch(engine, activity, Stopwatch.GetTimestamp());
        }
        catch
        {
            activity?.Dispose();
            throw;
        }
    }

    public void Stop(long items, Exception? failure)
    {
        if (_start != 0)
            ModelTelemetry.Stop(_engine, _activity, Stopwatch.GetElapsedTime(_start), items, failure);
    }
}
