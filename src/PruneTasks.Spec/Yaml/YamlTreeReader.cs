using PruneTasks.Spec.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PruneTasks.Spec.Yaml;

/// <summary>
/// Builds a tree with places from YamlDotNet's events. A spec has one document and needs neither anchors nor tags, so both are
/// refused: an alias is how a small file becomes a huge tree.
/// </summary>
internal sealed class YamlTreeReader
{
    private const int MaxDepth = 32;
    private const int MaxLength = 1 << 20;

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly string _file;
    private readonly List<PruneDiagnostic> _diagnostics;

    private YamlTreeReader(string text, string file, List<PruneDiagnostic> diagnostics)
    {
        _scanner = new Scanner(new StringReader(text), skipComments: true);
        _parser = new Parser(_scanner);
        _file = file;
        _diagnostics = diagnostics;
    }

    /// <summary>The root of the only document, or null after a diagnostic.</summary>
    public static YamlNode? Read(string text, string file, List<PruneDiagnostic> diagnostics)
    {
        if (text.Length > MaxLength)
        {
            diagnostics.Add(PruneDiagnostics.SyntaxError.In(file, $"the file has over {MaxLength} characters; that is no spec"));
            return null;
        }

        var reader = new YamlTreeReader(text.TrimStart('\uFEFF'), file, diagnostics);
        try
        {
            return reader.ReadStream();
        }
        catch (YamlException exception)
        {
            diagnostics.Add(Tab(text, file, exception.Start.Line, reader._scanner.CurrentPosition.Line)
                ?? PruneDiagnostics.SyntaxError.At(file, Span(exception.Start, exception.End), Problem(exception)));
            return null;
        }
    }

    private YamlNode? ReadStream()
    {
        YamlNode? root = null;
        while (MoveNext())
        {
            switch (_parser.Current)
            {
                case DocumentStart when root is not null:
                    throw new SyntaxErrorException(_parser.Current.Start, _parser.Current.End, "a spec is one YAML document, here a second one begins");
                case NodeEvent or AnchorAlias:
                    root = ReadNode(_parser.Current, 0);
                    break;
            }
        }

        if (root is null || root.IsNull)
        {
            _diagnostics.Add(PruneDiagnostics.EmptySpec.At(_file, new SourceSpan(1, 1, 1, 1)));
            return null;
        }

        return root;
    }

    private YamlNode ReadNode(ParsingEvent start, int depth)
    {
        if (depth > MaxDepth)
            throw new SyntaxErrorException(start.Start, start.End, $"nested deeper than {MaxDepth}");
        if (start is AnchorAlias alias)
            Refuse(start, $"the alias '*{alias.Value}'");
        else if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            Refuse(start, $"the anchor '&{anchored.Anchor}'");
        else if (start is NodeEvent { Tag.IsEmpty: false } tagged)
            Refuse(start, $"the tag '{tagged.Tag}'");
        return start switch
        {
            Scalar scalar => new YamlNode(YamlKind.Scalar, Span(scalar.Start, scalar.End))
            {
                Text = scalar.Value,
                IsPlain = scalar.Style == ScalarStyle.Plain,
            },
            SequenceStart => ReadSequence(start, depth),
            MappingStart => ReadMapping(start, depth),
            _ => new YamlNode(YamlKind.Scalar, Span(start.Start, start.End)) { IsRefused = true },
        };
    }

    private YamlNode ReadSequence(ParsingEvent start, int depth)
    {
        var items = new List<YamlNode>();
        while (Next() is not SequenceEnd)
            items.Add(ReadNode(_parser.Current!, depth + 1));
        return new YamlNode(YamlKind.Sequence, Span(start.Start, _parser.Current!.End)) { Items = items };
    }

    private YamlNode ReadMapping(ParsingEvent start, int depth)
    {
        var entries = new List<(YamlNode, YamlNode)>();
        while (Next() is not MappingEnd)
        {
            YamlNode key = ReadNode(_parser.Current!, depth + 1);
            entries.Add((key, ReadNode(Next(), depth + 1)));
        }

        return new YamlNode(YamlKind.Mapping, Span(start.Start, _parser.Current!.End)) { Entries = entries };
    }

    private ParsingEvent Next()
    {
        if (!MoveNext())
            throw new SyntaxErrorException("the document has no end");
        return _parser.Current!;
    }

    // On some damaged files the scanner throws exceptions that are none of its own.
    private bool MoveNext()
    {
        try
        {
            return _parser.MoveNext();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            Mark place = _scanner.CurrentPosition;
            throw new SyntaxErrorException(place, place, "nothing of this kind may stand here; a bracket, a brace or a quote before it may not be closed");
        }
    }

    // A tab in the indentation gives errors about something else, and is not to be seen in most editors.
    private static PruneDiagnostic? Tab(string text, string file, long first, long last)
    {
        string[] lines = text.Split('\n');
        for (int line = (int)Math.Max(1, first); line <= Math.Min(lines.Length, last + 1); line++)
        {
            string indentation = lines[line - 1].Substring(0, lines[line - 1].Length - lines[line - 1].TrimStart(' ', '\t').Length);
            int column = indentation.IndexOf('\t') + 1;
            if (column > 0)
                return PruneDiagnostics.SyntaxError.At(file, new SourceSpan(line, column, line, column + 1), "a tab in the indentation; YAML indents with spaces");
        }

        return null;
    }

    private void Refuse(ParsingEvent node, string what) =>
        _diagnostics.Add(PruneDiagnostics.AliasRefused.At(_file, Span(node.Start, node.End), what));

    private static SourceSpan Span(Mark start, Mark end) =>
        new((int)start.Line, (int)start.Column, (int)end.Line, (int)end.Column);

    // YamlDotNet puts the place in front of some messages; the diagnostic has it already.
    private static string Problem(YamlException exception)
    {
        string message = exception.InnerException is { } inner && exception.Message.Length == 0 ? inner.Message : exception.Message;
        int close = message.StartsWith("(", StringComparison.Ordinal) ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return (close > 0 ? message.Substring(close + 3) : message).TrimEnd('.');
    }
}
