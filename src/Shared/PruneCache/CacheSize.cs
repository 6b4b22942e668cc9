using System.Globalization;

namespace PruneTasks.Caching;

/// <summary>Sizes as people write them: <c>5GB</c>, <c>500 MB</c>, <c>1.5 GB</c>, or bytes. Units are powers of 1024.</summary>
internal static class CacheSize
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary>Bytes of a size; null if it is none.</summary>
    public static long? Parse(string text)
    {
        string trimmed = text.Trim();
        int digits = trimmed.TakeWhile(c => char.IsDigit(c) || c == '.').Count();
        string unit = trimmed.Substring(digits).Trim();
        int power = unit.Length == 0 ? 0 : Array.FindIndex(Units, u => u.Equals(unit, StringComparison.OrdinalIgnoreCase));
        return power >= 0 && decimal.TryParse(trimmed.Substring(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            && number * (decimal)Math.Pow(1024, power) is var bytes && bytes <= long.MaxValue
                ? (long)bytes
                : null;
    }

    /// <summary>A number of bytes for people.</summary>
    public static string Format(long bytes)
    {
        double size = bytes;
        int power = 0;
        for (; size >= 1024 && power < Units.Length - 1; power++)
            size /= 1024;
        return string.Format(CultureInfo.InvariantCulture, power == 0 ? "{0:0} {1}" : "{0:0.0} {1}", size, Units[power]);
    }
}
