using System.Diagnostics;
using System.Globalization;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Native;

/// <summary>What it costs to compute with one thread where there could be several: the time of a forward pass with each (docs/decisions/0024).</summary>
/// <param name="Threads">The several.</param>
/// <param name="Samples">Samples of the pass.</param>
/// <param name="One">Median seconds with one thread; null if not measured.</param>
/// <param name="Several">Median seconds with several; null if not measured.</param>
/// <param name="NotMeasured">Why not; null if it was.</param>
public sealed record ThreadCost(int Threads, int Samples, double? One, double? Several, string? NotMeasured)
{
    /// <summary>Multiply-accumulates that a pass may have: about 0.2 seconds of one slow core.</summary>
    public const long MostMacs = 2_000_000_000;

    // With three passes to warm up: 2.6 seconds at the very most, and a tenth of that for most models.
    private const int Rounds = 5;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(0.2);

    /// <summary>How many times as long a pass takes with one thread; null if not measured.</summary>
    public double? Ratio => One / Several;

    /// <summary>Times passes with one thread and with several in turn. The number of threads of the process is afterwards what it was.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="samples">Their first batch is run.</param>
    /// <param name="output">What is computed.</param>
    /// <param name="threads">The several, at least 2.</param>
    /// <param name="slow">From so long a pass on nothing more is measured; <see langword="null"/> = 0.2 seconds.</param>
    public static ThreadCost Measure(LoweredGraph graph, CalibrationBatches samples, WatchedOutputs output, int threads, TimeSpan? slow = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 2);
        int count = samples.SamplesOf(0), before = get_num_threads();
        try
        {
            // The first pass may have to compute what depends on constants alone.
            double pass = Math.Min(Time(1), Time(1));
            if (pass > (slow ?? Slow).TotalSeconds)
                return new(threads, count, null, null, string.Create(CultureInfo.InvariantCulture, $"a forward pass of {count} {(count == 1 ? "sample" : "samples")} takes {pass:0.00} s, too long to repeat it"));
            Time(threads);
            double[] one = new double[Rounds], several = new double[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                // The second of a pair finds a warmer cache: they take turns at being second.
                bool oneFirst = round % 2 == 0;
                if (oneFirst) one[round] = Time(1);
                several[round] = Time(threads);
                if (!oneFirst) one[round] = Time(1);
            }
            return new(threads, count, Median(one), Median(several), null);
        }
        finally
        {
            set_num_threads(before);
        }

        double Time(int number)
        {
            set_num_threads(number);
            using IDisposable off = no_grad();
            using DisposeScope scope = NewDisposeScope();
            long start = Stopwatch.GetTimestamp();
            graph.Run(samples.Batches[0], output.Values);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>In words, for a line of the log.</summary>
    public override string ToString() => NotMeasured is not null
        ? $"what one thread costs against {Threads} was not measured: {NotMeasured}"
        : string.Create(CultureInfo.InvariantCulture, $"a forward pass takes {Ratio:0.0#} times as long as with {Threads} threads ({1e3 * One:0.0} and {1e3 * Several:0.0} ms, {Samples} {(Samples == 1 ? "sample" : "samples")})");

    private static double Median(double[] times)
    {
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
