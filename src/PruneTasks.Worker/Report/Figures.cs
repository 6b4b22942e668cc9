using System.Globalization;

namespace PruneTasks.Worker.Report;

/// <summary>Figures as people read them; the same in tables, pages and messages, whatever the culture.</summary>
internal static class Figures
{
    /// <summary>3.36 MB; powers of ten, as file managers and package sites count.</summary>
    public static string Bytes(long bytes) => Scaled(bytes, " B", " kB", " MB", " GB");

    /// <summary>811 k, 53.7 M.</summary>
    public static string Count(long count) => Scaled(count, "", " k", " M", " G");

    /// <summary>91.0 %.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    /// <summary>−34.2 %, or +1.0 %.</summary>
    public static string Change(double dense, double pruned)
    {
        if (dense == 0) return "";
        double change = 100 * ((pruned / dense) - 1);
        return string.Create(CultureInfo.InvariantCulture, $"{(Math.Abs(change) < 0.05 ? "" : change < 0 ? "−" : "+")}{Math.Abs(change):0.0} %");
    }

    /// <summary>Four significant digits: 0.0515, 1.234E-07.</summary>
    public static string Small(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>1.62×.</summary>
    public static string Times(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00}×");

    /// <summary>0.52 ms.</summary>
    public static string Milliseconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{Significant(time)} ms");

    /// <summary>12.3 s.</summary>
    public static string Seconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{time:0.0} s");

    private static string Scaled(long value, params string[] units)
    {
        double scaled = value;
        int unit = 0;
        // 999.5 would be rounded to four digits.
        while (Math.Abs(scaled) >= 999.5 && unit < units.Length - 1)
        {
            scaled /= 1000;
            unit++;
        }
        return (unit == 0 ? value.ToString(CultureInfo.InvariantCulture) : Significant(scaled)) + units[unit];
    }

    /// <summary>Three significant digits without an exponent.</summary>
    private static string Significant(double value) => value.ToString(
        Math.Abs(value) switch { >= 99.95 => "0", >= 9.995 => "0.0", >= 0.9995 => "0.00", _ => "0.000" }, CultureInfo.InvariantCulture);
}
