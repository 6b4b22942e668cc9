using System.Text;
using PruneTasks.Tokenizers;

namespace PruneTasks.Text;

/// <summary>
/// All tokenizers but that of llama2.c: tokens that stand in a text as a whole, the normalizer, the split into words, and a model that makes pieces of each
/// word. The order of steps is that of huggingface/tokenizers; files of other formats are brought to it by the build (docs/decisions/0065).
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
    private readonly AddedTokens _written;
    private readonly PieceNormalizer _normalizer;
    private readonly AddedTokens _normalized;
    private readonly PieceSplitter _splitter;
    private readonly IPieceModel _model;
    private readonly Dictionary<int, AddedToken> _added = [];
    private readonly int?[] _bytes = new int?[256];
    private readonly Dictionary<int, byte> _values = [];

    /// <summary>A tokenizer of a definition.</summary>
    /// <exception cref="FormatException">The definition contradicts itself, or is of a kind that is not known.</exception>
    public PieceTokenizer(TokenizerDefinition definition)
        : base(definition)
    {
        _definition = definition;
        _normalizer = new PieceNormalizer(definition.Steps);
        _splitter = new PieceSplitter(definition.Splits);
        _written = new AddedTokens(definition.Added.Where(token => !token.Normalized), text => text);
        // Symbols of SentencePiece stay as they are.
        _normalized = new AddedTokens(definition.Added.Where(token => token.Normalized), definition.SentencePiece ? text => text : _normalizer.Run);
        foreach (AddedToken token in definition.Added)
            _added[token.Id] = token;
        Dictionary<string, int> ids = new(definition.Tokens.Count, StringComparer.Ordinal);
        // Of equal pieces the last counts.
        for (int i = 0; i < definition.Tokens.Count; i++)
        {
            if (definition.Tokens[i] is { } token)
                ids[token] = i;
        }
        for (int value = 0; definition.ByteFallback && value < 256; value++)
        {
            if (!ids.TryGetValue($"<0x{value:X2}>", out int id))
                continue;
            _bytes[value] = id;
            _values[id] = (byte)value;
        }
        _model = definition.Kind switch
        {
            "pairs" => new PairModel(definition, ids, BytesOf),
            "pieces" => new JoinModel(definition, ids, BytesOf),
            "unigram" => new UnigramModel(definition, ids, BytesOf),
            "wordpiece" => new WordPieceModel(definition, ids),
            _ => throw new FormatException($"The tokenizer is of the kind '{definition.Kind}', which is not known."),
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Halves of a pair stand for no character; in UTF-8, of which tokenizers are made, there are none.
        text = WellFormed(text);
        List<int> ids = [];
        foreach ((int from, int length, int id) in _written.Split(text))
        {
            if (id >= 0)
            {
                ids.Add(id);
                continue;
            }
            string written = text.Substring(from, length);
            string normal = _normalizer.Run(written);
            // What is cut off in front was not the start of the text.
            bool atStart = from == 0 && !(normal.Length > 0 && char.IsWhiteSpace(written[0]) && normal[0] != written[0] && normal[0] != Mark);
            foreach ((int part, int size, int added) in _normalized.Split(normal))
            {
                if (added >= 0)
                    ids.Add(added);
                else
                    _splitter.Split(part == 0 && size == normal.Length ? normal : normal.Substring(part, size), atStart && part == 0, word => _model.Split(word, ids));
            }
        }
        return ids;
    }

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (_definition.Kind == "wordpiece")
            return Words(ids);
        List<byte> text = [];
        bool first = true;
        foreach (int id in ids)
        {
            if (Piece(id) is not { } piece)
                continue;
            if (_values.TryGetValue(id, out byte value))
            {
                text.Add(value);
            }
            else
            {
                bool ends = _definition.Suffix is { } suffix && piece.EndsWith(suffix, StringComparison.Ordinal);
                if (ends)
                    piece = piece[..^_definition.Suffix!.Length];
                if (_definition.ByteLevel)
                    ByteAlphabet.Read(piece, text);
                else
                    text.AddRange(Encoding.UTF8.GetBytes((first && _definition.DropFirstSpace && piece.StartsWith(Mark) ? piece[1..] : piece).Replace(Mark, ' ')));
                if (ends)
                    text.Add((byte)' ');
            }
            first = false;
        }
        return Encoding.UTF8.GetString([.. text]);
    }

    // Pieces of a word together, words apart; blanks in front of punctuation go, as huggingface/tokenizers does it (decoders/wordpiece).
    private string Words(IReadOnlyList<int> ids)
    {
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            if (Piece(id) is not { } piece)
                continue;
            bool inside = text.Length > 0 && _definition.Prefix is { Length: > 0 } prefix && piece.StartsWith(prefix, StringComparison.Ordinal);
            piece = inside ? piece[_definition.Prefix!.Length..] : text.Length > 0 ? " " + piece : piece;
            text.Append(piece.Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
                .Replace(" ,", ",", StringComparison.Ordinal));
        }
        return text.ToString();
    }

    /// <summary>The text of a token; null for none, and for tokens that are no text.</summary>
    private string? Piece(int id) => _added.TryGetValue(id, out AddedToken? added)
        ? added.Silent ? null : added.Text
        : id >= 0 && id < _definition.Tokens.Count ? _definition.Tokens[id] : null;

    private static string WellFormed(string text)
    {
        foreach (char letter in text)
        {
            if (char.IsSurrogate(letter))
                return string.Concat(text.EnumerateRunes());
        }
        return text;
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
