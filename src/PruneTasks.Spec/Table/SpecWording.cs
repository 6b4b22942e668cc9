using System.Globalization;

namespace PruneTasks.Spec.Table;

/// <summary>What a key expects, in words: the same in messages and in the reference.</summary>
internal static class SpecWording
{
    /// <summary>For example "a number above 0 and at most 1".</summary>
    public static string Expectation(SpecKey key) => key.Kind switch
    {
        SpecKind.Section => "a section with " + OneOf(key.Keys.Select(child => $"'{child.Name}'")) + string.Concat(key.Words.Select(word => $", or the word '{word.Word}'")),
        SpecKind.Integer => key.Min == key.Max ? "the number " + Number(key.Min) : "a whole number" + Range(key),
        SpecKind.Number => "a number" + Range(key),
        SpecKind.Boolean => "true or false",
        SpecKind.Path => "a path",
        SpecKind.Text => key.MayBeEmpty ? "a text, \"\" for none" : "a text",
        SpecKind.Identifier => "a C# identifier that is no keyword",
        SpecKind.Namespace => "C# identifiers separated by dots",
        SpecKind.Word => OneOf(key.Words.Select(word => $"'{word.Word}'")),
        SpecKind.Labels => "a path or a list of names",
        SpecKind.Names => "a list of names or numbers",
        SpecKind.Size => "[height, width] or one number, whole numbers" + Range(key),
        _ => "a number or a list with one number per channel" + (Range(key).Length > 0 ? ", each" + Range(key) : ""),
    };

    private static string Range(SpecKey key)
    {
        string low = double.IsInfinity(key.Min) ? "" : (key.AboveMin ? "above " : "at least ") + Number(key.Min);
        string high = double.IsInfinity(key.Max) || key.Max == int.MaxValue ? "" : (key.BelowMax ? "below " : "at most ") + Number(key.Max);
        string both = low.Length > 0 && high.Length > 0 ? " and " : "";
        return low.Length + high.Length == 0 ? "" : " " + low + both + high;
    }

    private static string OneOf(IEnumerable<string> words)
    {
        string[] all = [.. words];
        return all.Length < 2 ? string.Concat(all) : string.Join(", ", all.Take(all.Length - 1)) + " or " + all[all.Length - 1];
    }

    private static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
