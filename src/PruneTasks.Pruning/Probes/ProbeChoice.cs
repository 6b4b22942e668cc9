using System.Globalization;

namespace PruneTasks.Pruning;

/// <summary>Whether groups are measured one by one or by random sets.</summary>
/// <param name="Alone">One by one.</param>
/// <param name="Probes">Number of random sets, if not.</param>
/// <param name="Reason">Why, in words, with the passes of both.</param>
public sealed record ProbeChoice(bool Alone, int Probes, string Reason)
{
    /// <summary>Fewest random sets that are worth solving for.</summary>
    private const int Least = 8;

    /// <summary>
    /// One by one wherever that is affordable: it is exact, and what comes before the group is computed once. Random sets touch early layers, so
    /// each costs nearly a whole pass; they are for many groups and a limit that is too low to look at each.
    /// </summary>
    /// <param name="groups">n.</param>
    /// <param name="passesAlone">Passes that one by one takes.</param>
    /// <param name="limit">Passes that may be spent.</param>
    public static ProbeChoice Of(int groups, double passesAlone, double limit)
    {
        string one = string.Create(CultureInfo.InvariantCulture, $"{groups} groups, {passesAlone:0.#} passes one by one");
        if (passesAlone <= limit) return new ProbeChoice(true, 0, $"{one}: exact");
        int count = Math.Max(Least, Math.Min(ProbeDesign.Recommended(groups), (int)limit - 1));
        return count < passesAlone
            ? new ProbeChoice(false, count, string.Create(CultureInfo.InvariantCulture, $"{one}, {limit:0.#} allowed: {count} random sets"))
            : new ProbeChoice(true, 0, string.Create(CultureInfo.InvariantCulture, $"{one}, {limit:0.#} allowed; random sets would cost no less"));
    }
}
