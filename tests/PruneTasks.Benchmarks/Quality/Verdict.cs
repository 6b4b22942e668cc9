using System.Globalization;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>Says of a figure whether it keeps what was asked of it.</summary>
internal static class Verdict
{
    /// <summary>At most <paramref name="limit"/>.</summary>
    public static string AtMost(double value, double limit, string format) => value <= limit
        ? $"≤ {limit.ToString(format, CultureInfo.InvariantCulture)}: reached"
        : $"≤ {limit.ToString(format, CultureInfo.InvariantCulture)}: **not reached**, {(value - limit).ToString(format, CultureInfo.InvariantCulture)} too much";

    /// <summary>At least <paramref name="limit"/>.</summary>
    public static string AtLeast(double value, double limit, string format) => value >= limit
        ? $"≥ {limit.ToString(format, CultureInfo.InvariantCulture)}: reached"
        : $"≥ {limit.ToString(format, CultureInfo.InvariantCulture)}: **not reached**, {(limit - value).ToString(format, CultureInfo.InvariantCulture)} missing";
}
