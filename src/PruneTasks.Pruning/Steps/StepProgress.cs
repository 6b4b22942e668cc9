namespace PruneTasks.Pruning;

/// <summary>How far a build in steps has come.</summary>
/// <param name="Reached">Share of the removal that is done and accepted.</param>
/// <param name="Attempt">Share that the next attempt goes to; <see langword="null"/>: the next of the schedule.</param>
/// <param name="Halvings">Steps halved so far.</param>
/// <param name="Frozen">Indices of sites that keep their width until a step is accepted, ascending.</param>
/// <param name="Stopped">No further step is tried.</param>
public sealed record StepProgress(double Reached, double? Attempt, int Halvings, IReadOnlyList<int> Frozen, bool Stopped)
{
    /// <summary>After so many halvings the next refusal ends the build.</summary>
    public const int MostHalvings = 2;

    /// <summary>Nothing done.</summary>
    public static StepProgress Start { get; } = new(0, null, 0, [], false);

    /// <summary>Whether another step is to be made.</summary>
    public bool Open => !Stopped && Reached < 1;

    /// <summary>Share that the next attempt goes to.</summary>
    public double Target(int steps) => Attempt ?? StepSchedule.Next(Reached, steps);

    /// <summary>After an accepted step. Sites that were frozen may go on, also where the step was the last one of the schedule.</summary>
    /// <param name="share">Where it went.</param>
    /// <param name="complete">Whether every site has its final width.</param>
    public StepProgress Accept(double share, bool complete) =>
        // A last step with a frozen site is not the end: half of what is left is tried again, without that site frozen.
        new(complete ? 1 : Math.Min(share, 1 - 1e-6), null, Halvings, [], false);

    /// <summary>After a refused step: half the way, with the worst site left alone; or the end.</summary>
    /// <param name="share">Where it went.</param>
    /// <param name="worst">Index of the site with the largest error; <see langword="null"/> if none stands out.</param>
    public StepProgress Refuse(double share, int? worst) => Halvings >= MostHalvings
        ? this with { Attempt = null, Stopped = true }
        : this with { Attempt = Reached + ((share - Reached) / 2), Halvings = Halvings + 1, Frozen = worst is { } w ? [.. Frozen.Append(w).Distinct().Order()] : Frozen };
}
