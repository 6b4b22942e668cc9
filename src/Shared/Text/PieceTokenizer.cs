using System.Text;
using System.Text.RegularExpressions;

namespace PruneTasks.Text;

/// <summary>
/// Tokenizers whose pieces are characters with ▁ for a space, as tokenizer.json of Llama, XLM-R and T5 has them: byte-pair encoding by ranks of merges
/// (<c>pairs</c>), or the split with the best sum of scores (<c>unigram</c>). The order of steps is that of huggingface/tokenizers: special tokens as they are
/// written, normalizer, white space, model. Microsoft.ML.Tokenizers has neither byte_fallback nor ids in an order of their own.
/// </summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
sealed class PieceTokenizer : TextTokenizer
{
    private const char Mark = '▁';

    private readonly TokenizerDefinition _definition;
    private readonly PieceNormalizer _normalizer;
    private readonly IPieceModel _model;
    private readonly Regex? _special;
    private readonly HashSet<int> _silent;
    private readonly int?[] _bytes = new int?[256];
    private readonly Dictionary<int, byte> _values = [];

    /// <summary>A tokenizer of a definition of the kind pairs or unigram.</summary>
    /// <exception cref="FormatException">The definition contradicts itself.</exception>
    public PieceTokenizer(TokenizerDefinition definition)
        : base(definition)
    {
        _definition = definition;
        _normalizer = new PieceNormalizer(definition.Steps);
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        // Of equal pieces the last counts. Tokens that were added to the model's own are found in the text, and are no pieces.
        for (int i = 0; i < Math.Min(definition.Pieces, definition.Tokens.Count); i++)
            ids[definition.Tokens[i]] = i;
        for (int value = 0; definition.ByteFallback && value < 256; value++)
        {
            if (!ids.TryGetValue($"<0x{value:X2}>", out int id))
                continue;
            _bytes[value] = id;
            _values[id] = (byte)value;
        }
        _model = definition.Kind == "unigram" ? new UnigramModel(definition, ids, BytesOf) : new PairModel(definition, ids, BytesOf);
        _silent = [.. definition.Special.Values];
        // The longest of several that begin at the same place.
        if (definition.Special.Count > 0)
            _special = new Regex(string.Join('|', definition.Special.Keys.OrderByDescending(token => token.Length).ThenBy(token => token, StringComparer.Ordinal).Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        int from = 0;
        foreach (Match token in _special?.Matches(text) ?? Enumerable.Empty<Match>())
        {
            int to = token.Index;
            while (_definition.LeftStrip.Contains(token.Value) && to > from && char.IsWhiteSpace(text[to - 1]))
                to--;
            Section(text[from..Math.Max(from, to)], from == 0, ids);
            ids.Add(_definition.Special[token.Value]);
            from = token.Index + token.Length;
            while (_definition.RightStrip.Contains(token.Value) && from < text.Length && char.IsWhiteSpace(text[from]))
                from++;
        }
        Section(text[from..], from == 0, ids);
        return ids;
    }

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        List<byte> text = [];
        bool first = true;
        foreach (int id in ids)
        {
            if (id < 0 || id >= _definition.Tokens.Count || _silent.Contains(id))
                continue;
            string piece = _definition.Tokens[id];
            if (first && _definition.DropFirstSpace && piece.StartsWith(Mark))
                piece = piece[1..];
            if (_values.TryGetValue(id, out byte value))
                text.Add(value);
            else
                text.AddRange(Encoding.UTF8.GetBytes(piece.Replace(Mark, ' ')));
            first = false;
        }
        return Encoding.UTF8.GetString([.. text]);
    }

    /// <summary>The text between two special tokens.</summary>
    private void Section(string text, bool atStart, List<int> ids)
    {
        text = _normalizer.Run(text);
        if (text.Length == 0)
            return;
        string[] words = _definition.SplitsWhiteSpace ? text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [text];
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (_definition.SpaceMark is { } mode)
            {
                word = word.Replace(' ', Mark);
                // Words that white space has split off are not at the start, but for the first.
                if (!word.StartsWith(Mark) && (mode == "always" || (mode == "first" && atStart && i == 0 && !char.IsWhiteSpace(text[0]))))
                    word = Mark + word;
            }
            int from = 0;
            for (int at = 1; _definition.SplitsMarks && at < word.Length; at++)
            {
                if (word[at] != Mark)
                    continue;
                _model.Split(word[from..at], ids);
                from = at;
            }
            _model.Split(word[from..], ids);
        }
    }

    /// <summary>The tokens of a text's bytes; null where bytes are not asked for, or one has no token.</summary>
    private int[]? BytesOf(string text)
    {
        if (!_definition.ByteFallback)
            return null;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var ids = new int[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (_bytes[bytes[i]] is not { } id)
                return null;
            ids[i] = id;
        }
        return ids;
    }
}
