using System.Globalization;

namespace PruneTasks.Json;

/// <summary>Text of doubles that does not depend on culture or framework.</summary>
internal static class JsonNumber
{
    // "R" differs between .NET Framework (15 or 17 digits) and .NET (shortest), so the digits are counted here.
    private static readonly string[] Formats = { "G15", "G16", "G17" };

    /// <summary>The first of 15, 16, 17 significant digits that parses back to the same bits.</summary>
    /// <exception cref="ArgumentException">The value is NaN or infinite.</exception>
    public static string Format(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
            throw new ArgumentException("JSON has no NaN and no infinity.", nameof(value));
        if (BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(-0.0))
            return "-0";
        foreach (string format in Formats)
        {
            string text = value.ToString(format, CultureInfo.InvariantCulture);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double back) && back.Equals(value))
                return text;
        }

        return value.ToString("G17", CultureInfo.InvariantCulture);
    }
}
