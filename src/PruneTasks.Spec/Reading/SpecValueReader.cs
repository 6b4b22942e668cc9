using System.Globalization;
using System.Text.RegularExpressions;
using PruneTasks.Spec.Table;
using PruneTasks.Spec.Yaml;

namespace PruneTasks.Spec.Reading;

/// <summary>Reads one value after the kind of its key. Plain scalars follow the YAML 1.2 core schema, numbers in decimal only.</summary>
internal static class SpecValueReader
{
    private static readonly Regex IntegerText = new(@"^[-+]?[0-9]{1,18}$", RegexOptions.CultureInvariant);
    private static readonly Regex NumberText = new(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant);
    private static readonly Regex OtherText = new("^([Tt]rue|TRUE|[Ff]alse|FALSE|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN))$", RegexOptions.CultureInvariant);

    /// <summary>The value, or null and the node at fault.</summary>
    public static object? Read(SpecKey key, YamlNode node, out YamlNode culprit)
    {
        culprit = node;
        return key.Kind switch
        {
            SpecKind.Integer => Integer(key, node),
            SpecKind.Number => Number(key, node),
            SpecKind.Boolean => Boolean(node),
            // What is quoted keeps its spaces and line ends.
            SpecKind.Text when key.MayBeEmpty && node is { Kind: YamlKind.Scalar, IsPlain: false } => node.Text,
            SpecKind.Text => Label(node) is { } text ? node.IsPlain ? text : node.Text : null,
            SpecKind.Path => Text(node),
            SpecKind.Identifier => Text(node) is { } name && CSharpNames.IsIdentifier(name) ? name : null,
            SpecKind.Namespace => Text(node) is { } name && name.Split('.').All(CSharpNames.IsIdentifier) ? name : null,
            SpecKind.Word => Text(node) is { } word && key.Words.Any(known => known.Word == word) ? word : null,
            SpecKind.Labels => node.Kind == YamlKind.Scalar ? Text(node) : List<string>(node, out culprit, Label),
            SpecKind.Names => List<string>(node, out culprit, Label),
            SpecKind.Size => Size(key, node, out culprit),
            SpecKind.PerChannel => node.Kind == YamlKind.Scalar
                ? Number(key, node) is { } one ? new[] { (double)one } : null
                : List<double>(node, out culprit, item => Number(key, item)),
            _ => throw new InvalidOperationException($"'{key.Path}' is no value."),
        };
    }

    /// <summary>A whole number without a check of its range, for the version.</summary>
    public static long? Integer(YamlNode node) =>
        node.Kind == YamlKind.Scalar && node.IsPlain && IntegerText.IsMatch(node.Text)
            ? long.Parse(node.Text, CultureInfo.InvariantCulture)
            : null;

    private static object? Integer(SpecKey key, YamlNode node) => Integer(node) is { } number && key.Allows(number) ? number : null;

    private static object? Boolean(YamlNode node) => node.Kind != YamlKind.Scalar || !node.IsPlain ? null : node.Text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => null,
    };

    private static object? Number(SpecKey key, YamlNode node) =>
        node.Kind == YamlKind.Scalar && node.IsPlain && NumberText.IsMatch(node.Text)
        && double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && !double.IsInfinity(number) && key.Allows(number)
            ? number
            : null;

    // A plain 12 or true is no text: an editor that follows the schema refuses it too.
    private static string? Text(YamlNode node)
    {
        if (node.Kind != YamlKind.Scalar || node.IsNull || node.Text.Trim().Length == 0)
            return null;
        return node.IsPlain && (NumberText.IsMatch(node.Text) || OtherText.IsMatch(node.Text)) ? null : node.Text;
    }

    // But digits are good names for classes, so labels may be any scalar.
    private static string? Label(YamlNode node) =>
        node.Kind != YamlKind.Scalar || node.IsNull || node.Text.Trim().Length == 0 ? null : node.Text.Trim();

    private static object? Size(SpecKey key, YamlNode node, out YamlNode culprit)
    {
        culprit = node;
        if (node.Kind == YamlKind.Scalar)
            return Integer(key, node) is long one ? new[] { (int)one, (int)one } : null;
        if (node.Items.Count != 2)
            return null;
        return List<int>(node, out culprit, item => Integer(key, item) is long side ? (object)(int)side : null);
    }

    private static T[]? List<T>(YamlNode node, out YamlNode culprit, Func<YamlNode, object?> read)
    {
        culprit = node;
        if (node.Kind != YamlKind.Sequence || node.Items.Count == 0)
            return null;
        var values = new T[node.Items.Count];
        for (int i = 0; i < values.Length; i++)
        {
            culprit = node.Items[i];
            if (read(culprit) is not T value)
                return null;
            values[i] = value;
        }

        culprit = node;
        return values;
    }
}
