using System.Text;

namespace PruneTasks.Text;

/// <summary>
/// The normalizer of a SentencePiece model (google/sentencepiece, normalizer.cc): from left to right the longest key of its map; symbols of the user stay
/// as they are; then spaces, as the model says.
/// </summary>
internal sealed class SentencePieceNormalizer
{
    private const char Mark = '▁';

    private readonly CharacterMap? _map;
    private readonly bool _prefix, _squeeze;
    private readonly PieceTrie _symbols = new();

    /// <param name="map">The compiled map in base64; empty for none.</param>
    /// <param name="prefix">Whether a space goes in front.</param>
    /// <param name="squeeze">Whether spaces at both ends go, and of several one stays.</param>
    /// <param name="symbols">What stays as it is.</param>
    public SentencePieceNormalizer(string map, bool prefix, bool squeeze, IEnumerable<string> symbols)
    {
        (_map, _prefix, _squeeze) = (map.Length > 0 ? new CharacterMap(Convert.FromBase64String(map)) : null, prefix, squeeze);
        foreach (string symbol in symbols)
            _symbols.Add(symbol, 0);
    }

    public string Run(string text)
    {
        byte[] bytes = _map is null ? [] : Encoding.UTF8.GetBytes(text);
        var result = new StringBuilder(text.Length + 1);
        bool afterSpace = _squeeze, begun = false;
        int place = 0;
        for (int at = 0; at < text.Length;)
        {
            string piece = Next(text, bytes, ref at, ref place);
            // Nothing but spaces so far.
            if (!begun && _squeeze && piece == " ")
                continue;
            if (!begun && _prefix)
                result.Append(Mark);
            begun = true;
            if (afterSpace)
                piece = piece.TrimStart(' ');
            if (piece.Length > 0)
            {
                result.Append(piece.Replace(' ', Mark));
                afterSpace = piece[^1] == ' ';
            }
            afterSpace &= _squeeze;
        }
        while (_squeeze && result.Length > 0 && result[^1] == Mark)
            result.Length--;
        return result.ToString();
    }

    private string Next(string text, byte[] bytes, ref int at, ref int place)
    {
        int length = _symbols.Longest(text, at).Length;
        string? found = null;
        if (length == 0 && _map?.Find(bytes.AsSpan(place), longest: true) is { Length: > 0 } key)
        {
            found = key.Text;
            length = Encoding.UTF8.GetCharCount(bytes, place, key.Length);
        }
        if (length == 0)
            length = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        found ??= text.Substring(at, length);
        place += _map is null ? 0 : Encoding.UTF8.GetByteCount(text.AsSpan(at, length));
        at += length;
        return found;
    }
}
