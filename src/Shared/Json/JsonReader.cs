using System.Text;

namespace PruneTasks.Json;

/// <summary>
/// Strict reader of RFC 8259: no comments, no trailing commas, no duplicate members, nothing after the value.
/// A leading byte order mark is skipped.
/// </summary>
internal sealed class JsonReader
{
    /// <summary>Arrays and objects may nest this deep.</summary>
    public const int MaxDepth = 64;

    private readonly string _text;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private JsonReader(string text) => _text = text;

    /// <summary>Reads one value.</summary>
    /// <exception cref="JsonReadException">The text is not JSON; carries the position.</exception>
    public static JsonValue Read(string text)
    {
        var reader = new JsonReader(text);
        if (text.Length > 0 && text[0] == '\uFEFF')
            reader._at = reader._lineStart = 1;
        reader.SkipSpace();
        JsonValue value = reader.ReadValue(0);
        reader.SkipSpace();
        if (reader._at < text.Length)
            throw reader.Error($"unexpected {reader.Here()} after the value");
        return value;
    }

    private JsonValue ReadValue(int depth)
    {
        if (depth > MaxDepth)
            throw Error($"nested deeper than {MaxDepth}");
        int line = _line, column = Column;
        switch (Peek())
        {
            case '{':
                return JsonValue.Read(JsonKind.Object, "", null, ReadMembers(depth), line, column);
            case '[':
                return JsonValue.Read(JsonKind.Array, "", ReadItems(depth), null, line, column);
            case '"':
                return JsonValue.Read(JsonKind.String, ReadString(), null, null, line, column);
            case 't':
                return JsonValue.Read(JsonKind.Bool, Word("true"), null, null, line, column);
            case 'f':
                return JsonValue.Read(JsonKind.Bool, Word("false"), null, null, line, column);
            case 'n':
                Word("null");
                return JsonValue.Read(JsonKind.Null, "", null, null, line, column);
            case '-' or (>= '0' and <= '9'):
                return JsonValue.Read(JsonKind.Number, ReadNumber(), null, null, line, column);
            default:
                throw Error($"expected a value, found {Here()}");
        }
    }

    private List<KeyValuePair<string, JsonValue>> ReadMembers(int depth)
    {
        var members = new List<KeyValuePair<string, JsonValue>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        _at++;
        SkipSpace();
        if (Take('}'))
            return members;
        while (true)
        {
            SkipSpace();
            if (Peek() != '"')
                throw Error($"expected a member name, found {Here()}");
            int line = _line, column = Column;
            string name = ReadString();
            if (!names.Add(name))
                throw new JsonReadException($"member \"{name}\" is given twice", line, column);
            SkipSpace();
            Expect(':');
            SkipSpace();
            members.Add(new KeyValuePair<string, JsonValue>(name, ReadValue(depth + 1)));
            SkipSpace();
            if (Take('}'))
                return members;
            Expect(',');
        }
    }

    private List<JsonValue> ReadItems(int depth)
    {
        var items = new List<JsonValue>();
        _at++;
        SkipSpace();
        if (Take(']'))
            return items;
        while (true)
        {
            SkipSpace();
            items.Add(ReadValue(depth + 1));
            SkipSpace();
            if (Take(']'))
                return items;
            Expect(',');
        }
    }

    private string ReadString()
    {
        int start = ++_at;
        while (_at < _text.Length && _text[_at] is >= ' ' and not ('"' or '\\'))
            _at++;
        if (Peek() == '"')
            return _text.Substring(start, _at++ - start);
        StringBuilder text = new(_text, start, _at - start, 16);
        while (true)
        {
            char c = Peek();
            if (c < ' ')
                throw Error(_at >= _text.Length ? "the string has no end" : "a control character in a string must be escaped");
            if (c == '\\')
            {
                text.Append(ReadEscape());
                continue;
            }

            _at++;
            if (c == '"')
                return text.ToString();
            text.Append(c);
        }
    }

    private char ReadEscape()
    {
        _at++;
        char c = Peek();
        char decoded = c switch
        {
            '"' or '\\' or '/' => c,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => 'u',
            _ => throw Error($"unknown escape {Here()}"),
        };
        _at++;
        if (c != 'u')
            return decoded;
        int code = 0;
        for (int i = 0; i < 4; i++, _at++)
        {
            int digit = Peek() switch
            {
                >= '0' and <= '9' and var d => d - '0',
                >= 'a' and <= 'f' and var d => d - 'a' + 10,
                >= 'A' and <= 'F' and var d => d - 'A' + 10,
                _ => throw Error("\\u needs four hexadecimal digits"),
            };
            code = (code << 4) | digit;
        }

        return (char)code;
    }

    private string ReadNumber()
    {
        int start = _at;
        Take('-');
        if (!Take('0'))
            Digits();
        if (Take('.'))
            Digits();
        if (Take('e') || Take('E'))
        {
            if (!Take('+'))
                Take('-');
            Digits();
        }

        return _text.Substring(start, _at - start);
    }

    private void Digits()
    {
        if (Peek() is not (>= '0' and <= '9'))
            throw Error($"expected a digit, found {Here()}");
        while (Peek() is >= '0' and <= '9')
            _at++;
    }

    private string Word(string word)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            throw Error($"expected \"{word}\"");
        _at += word.Length;
        return word;
    }

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n')
        {
            if (_text[_at++] == '\n')
            {
                _line++;
                _lineStart = _at;
            }
        }
    }

    private int Column => _at - _lineStart + 1;

    private char Peek() => _at < _text.Length ? _text[_at] : '\0';

    private bool Take(char c)
    {
        if (Peek() != c || _at >= _text.Length)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Error($"expected '{c}', found {Here()}");
    }

    private string Here() => _at < _text.Length ? $"'{_text[_at]}'" : "the end of the text";

    private JsonReadException Error(string problem) => new(problem, _line, Column);
}
