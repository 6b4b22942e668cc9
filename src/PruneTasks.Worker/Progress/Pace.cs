using System.Globalization;

namespace PruneTasks.Worker.Progress;

/// <summary>How long a stage has run, and how long it may still take.</summary>
internal static class Pace
{
    /// <summary>Less than this says nothing about the rest.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>Time left if the steps to come are as long as those that are done; null where too little is known.</summary>
    /// <param name="elapsed">Since the stage began.</param>
    /// <param name="done">Steps done.</param>
    /// <param name="total">Steps in all.</param>
    public static TimeSpan? Left(TimeSpan elapsed, int done, int total) =>
        done <= 0 || done > total || elapsed < Shortest ? null : elapsed * ((double)(total - done) / done);

    /// <summary>0:07, 12:30, 1:02:03.</summary>
    public static string Clock(TimeSpan time)
    {
        long seconds = (long)Math.Ceiling(time.TotalSeconds);
        return seconds < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }
}
