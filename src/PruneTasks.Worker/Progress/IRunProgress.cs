namespace PruneTasks.Worker.Progress;

/// <summary>Told how far a run is. For people: no program reads it.</summary>
internal interface IRunProgress
{
    /// <summary>What is expected of the run, for an estimate of the time left. Told before its first stage.</summary>
    void Expect(ExpectedRun run);

    /// <summary>A stage begins; the one before it has ended.</summary>
    void Stage(string name);

    /// <summary>Something worth a line of its own.</summary>
    void Line(string text);

    /// <summary>So many steps of the stage are done.</summary>
    /// <param name="done">0 or more.</param>
    /// <param name="total">At least <paramref name="done"/>; steps take about equally long.</param>
    void Step(int done, int total);
}
