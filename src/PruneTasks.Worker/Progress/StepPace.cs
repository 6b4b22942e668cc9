namespace PruneTasks.Worker.Progress;

/// <summary>Steps of one stage, and when they were done.</summary>
internal sealed class StepPace(TimeProvider time)
{
    private long _began;
    private int _first;

    /// <summary>Steps done.</summary>
    public int Done { get; private set; }

    /// <summary>Steps in all; 0 as long as none were told.</summary>
    public int Total { get; private set; }

    /// <summary>Time left at the pace so far; null where too little is known.</summary>
    public TimeSpan? Left => Pace.Left(time.GetElapsedTime(_began), Done - _first, Total - _first);

    /// <summary>A stage begins.</summary>
    public void Reset() => (Done, Total, _first) = (0, 0, 0);

    /// <summary>So many are done. A stage may count anew: what was before says nothing about the steps to come.</summary>
    public void Step(int done, int total)
    {
        if (total != Total || done < Done) (_began, _first) = (time.GetTimestamp(), done);
        (Done, Total) = (done, total);
    }
}
