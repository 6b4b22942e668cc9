namespace PruneTasks.Worker.Progress;

/// <summary>
/// Time left of the whole run: of the stages to come as long as they are expected to take, stretched by how this run has kept to what was expected so far,
/// and of the present stage by its own steps. Not known before something long enough has passed to compare with.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RunEstimate(TimeProvider time)
{
    // Where only ratios are known, short stages say nothing: what they take does not grow with the model.
    private const double TellsPace = 1;

    // Of the present stage so much has to be done before its pace counts.
    private const double Enough = 0.05;

    private IReadOnlyList<ExpectedStage> _stages = [];
    private bool _known;
    private int _at = -1;
    private bool _expected;
    private long _began;
    private double _taken, _planned;

    /// <summary>What is expected of the run.</summary>
    public void Expect(ExpectedRun run) => (_stages, _known, _at, _expected, _taken, _planned) = (run.Stages, run.Known, -1, false, 0, 0);

    /// <summary>A stage begins. One that was not expected changes nothing; expected ones that it jumps over will not come.</summary>
    public void Stage(string name)
    {
        if (_expected && Counts(_stages[_at]))
        {
            _taken += time.GetElapsedTime(_began).TotalSeconds;
            _planned += _stages[_at].Seconds;
        }
        _began = time.GetTimestamp();
        int next = Enumerable.Range(_at + 1, _stages.Count - _at - 1).FirstOrDefault(i => _stages[i].Name == name, -1);
        if (next >= 0) _at = next;
        _expected = next >= 0;
    }

    /// <summary>Time left; null where too little is known.</summary>
    /// <param name="steps">Steps of the present stage.</param>
    public TimeSpan? Left(StepPace steps)
    {
        if (_stages.Count == 0) return null;
        TimeSpan here = time.GetElapsedTime(_began);
        double share = steps.Total > 0 ? (double)steps.Done / steps.Total : 0;
        double taken = _taken, planned = _planned;
        bool counts = _expected && Counts(_stages[_at]);
        // A stage in the middle that tells no steps still shows when it takes longer than all of it should.
        if (counts && share >= Enough)
        {
            taken += here.TotalSeconds;
            planned += share * _stages[_at].Seconds;
        }
        else if (counts && (planned > 0 || _known) && here.TotalSeconds > Pace(taken, planned) * _stages[_at].Seconds)
        {
            taken += here.TotalSeconds;
            planned += _stages[_at].Seconds;
        }
        if (planned <= 0 && !_known) return null;
        double pace = Pace(taken, planned);
        double present = steps.Left?.TotalSeconds ?? (_expected ? Math.Max(0, (pace * _stages[_at].Seconds) - here.TotalSeconds) : 0);
        return TimeSpan.FromSeconds(present + (pace * _stages.Skip(_at + 1).Sum(stage => stage.Seconds)));
    }

    private static double Pace(double taken, double planned) => planned > 0 ? taken / planned : 1;

    private bool Counts(ExpectedStage stage) => _known ? stage.Seconds > 0 : stage.Seconds >= TellsPace;
}
