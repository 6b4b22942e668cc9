using System.Globalization;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>How the mutants of one kind ended.</summary>
internal sealed class FuzzCounts
{
    /// <summary>Mutants tried.</summary>
    public int Files { get; set; }

    /// <summary>Taken through all steps.</summary>
    public int Read { get; set; }

    /// <summary>Of these, how many lost units in a whole run.</summary>
    public int Pruned { get; set; }

    /// <summary>Mutants on which native code ended the process, and of which a build says so, with the id and the words.</summary>
    public List<(int Number, string Ids, string Words)> Died { get; } = [];

    /// <summary>Refused, by the ids of the diagnostics.</summary>
    public SortedDictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Mutants on which something went wrong, with what.</summary>
    public List<(int Number, string What)> Crashed { get; } = [];

    /// <summary>Mutants that took too long.</summary>
    public List<int> Hung { get; } = [];

    /// <summary>Mutants that took too much memory, with how much.</summary>
    public List<(int Number, string What)> OverMemory { get; } = [];

    /// <summary>Files and folders that were left in the temporary folder.</summary>
    public List<string> LeftBehind { get; } = [];

    /// <summary>The longest that one mutant took.</summary>
    public (double Seconds, int Number) Slowest { get; set; }

    /// <summary>How long all of them took.</summary>
    public double Seconds { get; set; }

    /// <summary>Largest resident set of a process.</summary>
    public long PeakBytes { get; set; }

    /// <summary>All parts together, in their order.</summary>
    public static FuzzCounts Of(IEnumerable<FuzzCounts> parts)
    {
        var all = new FuzzCounts();
        foreach (FuzzCounts part in parts)
        {
            all.Read += part.Read;
            all.Pruned += part.Pruned;
            foreach ((string ids, int count) in part.Refused) all.Refused[ids] = all.Refused.GetValueOrDefault(ids) + count;
            all.Died.AddRange(part.Died);
            all.Crashed.AddRange(part.Crashed);
            all.Hung.AddRange(part.Hung);
            all.OverMemory.AddRange(part.OverMemory);
            all.LeftBehind.AddRange(part.LeftBehind);
            if (part.Slowest.Seconds > all.Slowest.Seconds) all.Slowest = part.Slowest;
            all.PeakBytes = Math.Max(all.PeakBytes, part.PeakBytes);
        }
        return all;
    }

    /// <summary>Nothing but read, refused, and died with an id.</summary>
    public bool IsClean => Crashed.Count + Hung.Count + OverMemory.Count + LeftBehind.Count == 0;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"files {Files}, read {Read}, pruned {Pruned}, refused {Refused.Values.Sum()}, died {Died.Count}, crashed {Crashed.Count}, hung {Hung.Count}, over memory {OverMemory.Count}, left behind {LeftBehind.Count}");
}
