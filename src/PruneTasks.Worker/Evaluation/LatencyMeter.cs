using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Evaluation;

/// <summary>Time of one run in milliseconds.</summary>
/// <param name="Median">Half of the runs took no longer.</param>
/// <param name="P90">Nine of ten runs took no longer.</param>
internal sealed record RunTime(double Median, double P90);

/// <summary>Times of two models, measured side by side: batch 1, one thread.</summary>
/// <param name="Dense">The dense model.</param>
/// <param name="Pruned">The pruned one.</param>
/// <param name="Runs">Runs of each that were counted.</param>
internal sealed record Latency(RunTime Dense, RunTime Pruned, int Runs)
{
    /// <summary>Median dense / median pruned: how many times faster the pruned model is.</summary>
    public double Ratio => Dense.Median / Pruned.Median;
}

/// <summary>Measures two models in turn, so that whatever else the machine does hits both alike.</summary>
internal static class LatencyMeter
{
    private const int WarmUps = 20;
    private const int LeastRuns = 50;
    private const int MostRuns = 500;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1);

    // A large model would take minutes for all runs; from here on fewer are made, and their number is reported.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private const int LeastRunsOverLimit = 5;

    /// <summary>20 warm-ups, then at least 50 runs of each (fewer only where those take more than 20 seconds), in turn.</summary>
    /// <param name="dense">Loaded with one thread.</param>
    /// <param name="pruned">Loaded with one thread.</param>
    /// <param name="sample">What both are given.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    public static Latency Measure(OrtSession dense, OrtSession pruned, Sample sample, CancellationToken cancellation)
    {
        IReadOnlyList<OrtValue> forDense = dense.ToValues(sample.Inputs), forPruned = pruned.ToValues(sample.Inputs);
        try
        {
            var clock = Stopwatch.StartNew();
            for (int i = 0; i < WarmUps && clock.Elapsed < Limit / 4; i++)
            {
                dense.RunOnly(forDense);
                pruned.RunOnly(forPruned);
            }
            List<double> denseTimes = [];
            List<double> prunedTimes = [];
            clock.Restart();
            while (denseTimes.Count < MostRuns
                && (denseTimes.Count < LeastRunsOverLimit || clock.Elapsed < (denseTimes.Count < LeastRuns ? Limit : Enough)))
            {
                cancellation.ThrowIfCancellationRequested();
                // The second of a pair finds a warmer cache: they take turns at being second.
                bool denseFirst = denseTimes.Count % 2 == 0;
                if (denseFirst) denseTimes.Add(Time(dense, forDense));
                prunedTimes.Add(Time(pruned, forPruned));
                if (!denseFirst) denseTimes.Add(Time(dense, forDense));
            }
            return new Latency(Summarise(denseTimes), Summarise(prunedTimes), denseTimes.Count);
        }
        finally
        {
            foreach (OrtValue input in forDense.Concat(forPruned)) input.Dispose();
        }
    }

    private static double Time(OrtSession session, IReadOnlyList<OrtValue> inputs)
    {
        long start = Stopwatch.GetTimestamp();
        session.RunOnly(inputs);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static RunTime Summarise(List<double> times)
    {
        times.Sort();
        return new RunTime(Quantile(times, 0.5), Quantile(times, 0.9));
    }

    /// <summary>Linear between the two nearest ranks.</summary>
    private static double Quantile(List<double> sorted, double share)
    {
        double rank = share * (sorted.Count - 1);
        int below = (int)rank;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}
