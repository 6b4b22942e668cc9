using System.Globalization;
using PruneTasks.Json;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Reading;

/// <summary>The values that a spec gives, by dotted path; what it leaves out comes from the table's defaults.</summary>
internal sealed class SpecValues
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>The place of each key that is written.</summary>
    public Dictionary<string, SourceSpan> Places { get; } = new(StringComparer.Ordinal);

    /// <summary>Keeps a value: long, double, bool, string, string[], int[] or double[] after the kind of its key.</summary>
    public void Set(SpecKey key, object value) => _values[key.Path] = value;

    /// <summary>Notes that the value of a key was refused, so that no further check looks at it.</summary>
    public void Refuse(SpecKey key) => _refused.Add(key.Path);

    /// <summary>Whether the value was refused.</summary>
    public bool IsRefused(string path) => _refused.Contains(path);

    /// <summary>Whether a usable value is written, or for a section any key in it.</summary>
    public bool Has(string path) =>
        _values.ContainsKey(path) || _values.Keys.Any(key => key.StartsWith(path + ".", StringComparison.Ordinal));

    /// <summary>The value as written, or null.</summary>
    public object? Find(string path) => _values.TryGetValue(path, out object? value) ? value : null;

    /// <summary>A text, its default, or null.</summary>
    public string? Text(string path) => Find(path) as string ?? SpecTable.Get(path).DefaultValue?.Text;

    /// <summary>A number, its default, or null.</summary>
    public double? Number(string path) => Find(path) as double? ?? SpecTable.Get(path).DefaultValue?.AsDouble(path);

    /// <summary>True or false, its default, or null.</summary>
    public bool? Boolean(string path) => Find(path) as bool? ?? (SpecTable.Get(path).DefaultValue is { } value ? value.Text == "true" : null);

    /// <summary>A whole number, its default, or null.</summary>
    public int? Integer(string path) =>
        Find(path) is long number ? Convert.ToInt32(number, CultureInfo.InvariantCulture) : (int?)SpecTable.Get(path).DefaultValue?.AsLong(path);
}
