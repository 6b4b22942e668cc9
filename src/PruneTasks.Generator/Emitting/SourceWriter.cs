using System.Text;

namespace PruneTasks.Generator.Emitting;

/// <summary>Text with indentation, LF whatever the platform.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>One line; an empty one carries no indentation.</summary>
    public SourceWriter Line(string line = "")
    {
        if (line.Length > 0)
            _text.Append(' ', 4 * _depth).Append(line);
        _text.Append('\n');
        return this;
    }

    /// <summary>A line of three parts, without a text of its own in between: there may be thousands.</summary>
    public SourceWriter Line(string start, string middle, string end)
    {
        _text.Append(' ', 4 * _depth).Append(start).Append(middle).Append(end).Append('\n');
        return this;
    }

    /// <summary>An opening brace; what follows is indented.</summary>
    public SourceWriter Open()
    {
        Line("{");
        _depth++;
        return this;
    }

    /// <summary>A closing brace.</summary>
    public SourceWriter Close(string after = "")
    {
        _depth--;
        return Line("}" + after);
    }

    /// <summary>Lines indented by one more.</summary>
    public SourceWriter Continued(string line)
    {
        _depth++;
        Line(line);
        _depth--;
        return this;
    }

    /// <summary>One line of documentation; the text is XML already.</summary>
    public SourceWriter Doc(string xml) => Line("/// " + xml);

    public override string ToString() => _text.ToString();
}
