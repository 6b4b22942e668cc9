using System.Text;

namespace PruneTasks.Records;

/// <summary>
/// Text of small records: a heading, then one <c>key value</c> per line; a key may repeat. Plain, because it is read in every build.
/// </summary>
internal sealed class RecordText
{
    private readonly List<KeyValuePair<string, string>> _lines = [];

    /// <summary>Adds a line; a null value adds none. Line breaks in the value (a file name may have them) are escaped.</summary>
    public RecordText Add(string key, string? value)
    {
        if (value is not null)
            _lines.Add(new(key, value));
        return this;
    }

    /// <summary>The text under a heading.</summary>
    public string Write(string heading)
    {
        var text = new StringBuilder(heading).Append('\n');
        foreach (KeyValuePair<string, string> line in _lines)
            text.Append(line.Key).Append(' ').Append(Escape(line.Value)).Append('\n');
        return text.ToString();
    }

    /// <summary>Reads a file; null if it is missing, has another heading (written by another version) or is cut off.</summary>
    public static RecordText? Read(string path, string heading)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }

        string[] lines = text.Split('\n');
        if (lines[0] != heading || lines[lines.Length - 1].Length != 0)
            return null;
        var record = new RecordText();
        for (int i = 1; i < lines.Length - 1; i++)
        {
            int space = lines[i].IndexOf(' ');
            if (space < 0)
                return null;
            record.Add(lines[i].Substring(0, space), Unescape(lines[i].Substring(space + 1)));
        }

        return record;
    }

    /// <summary>The first value of a key, or null.</summary>
    public string? Find(string key)
    {
        foreach (KeyValuePair<string, string> line in _lines)
        {
            if (line.Key == key)
                return line.Value;
        }

        return null;
    }

    /// <summary>All values of a key, in order.</summary>
    public IReadOnlyList<string> All(string key)
    {
        var values = new List<string>();
        foreach (KeyValuePair<string, string> line in _lines)
        {
            if (line.Key == key)
                values.Add(line.Value);
        }

        return values;
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\r", "\\r");

    private static string Unescape(string value)
    {
        if (value.IndexOf('\\') < 0)
            return value;
        var text = new StringBuilder(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\' || i + 1 == value.Length)
                text.Append(value[i]);
            else
                text.Append(value[++i] switch { 'n' => '\n', 'r' => '\r', char c => c });
        }

        return text.ToString();
    }
}
