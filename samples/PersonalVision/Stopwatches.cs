using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace PersonalVision;

/// <summary>Latency of two models that take the same input, measured in turn so that a busy machine hurts both alike.</summary>
internal static class Stopwatches
{
    private const int WarmUps = 20;
    private const int Runs = 300;

    /// <summary>Median milliseconds of one run of each session.</summary>
    public static (double First, double Second) Medians(InferenceSession first, InferenceSession second, OrtValue input)
    {
        var (firstTimes, secondTimes) = (new double[Runs], new double[Runs]);
        using var options = new RunOptions();
        for (var i = -WarmUps; i < Runs; i++)
        {
            var (a, b) = (Time(first, options, input), Time(second, options, input));
            if (i >= 0)
                (firstTimes[i], secondTimes[i]) = (a, b);
        }

        return (Median(firstTimes), Median(secondTimes));
    }

    private static double Time(InferenceSession session, RunOptions options, OrtValue input)
    {
        var start = Stopwatch.GetTimestamp();
        using var results = session.Run(options, session.InputNames, [input], session.OutputNames);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] times)
    {
        Array.Sort(times);
        return (times[(Runs - 1) / 2] + times[Runs / 2]) / 2;
    }
}
