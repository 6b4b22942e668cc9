using System.Buffers.Binary;
using System.Text;

namespace PruneTasks.Text;

/// <summary>
/// Byte-pair encoding with a vocabulary in the format of llama2.c (github.com/karpathy/llama2.c, tokenizer.py): the longest token's length
/// (int32), then for each token its score (float32), its length in bytes (int32) and its bytes. Neighbours whose joint token scores highest
/// are joined until none is left; a character without a token becomes its bytes, whose tokens begin at id 3.
/// </summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
sealed class Llama2cTokenizer : TextTokenizer
{
    private const int FirstByte = 3;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly int[] _ranks;
    private readonly List<byte[]> _tokens = [];
    private readonly List<string> _keys = [];
    private readonly int? _beginning;

    /// <summary>A tokenizer of a definition of the kind llama2c.</summary>
    /// <exception cref="FormatException">The vocabulary is cut off.</exception>
    public Llama2cTokenizer(TokenizerDefinition definition)
        : base(definition)
    {
        ReadOnlySpan<byte> file = definition.Data;
        List<float> scores = [];
        for (int at = 4; at < file.Length;)
        {
            int length = at + 8 <= file.Length ? BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]) : -1;
            if (length < 0 || at + 8 + length > file.Length)
                throw new FormatException("The vocabulary is cut off, or not in the format of llama2.c.");
            byte[] token = file.Slice(at + 8, length).ToArray();
            scores.Add(BinaryPrimitives.ReadSingleLittleEndian(file[at..]));
            // Of equal tokens the first counts.
            _keys.Add(Key(token));
            _ids.TryAdd(_keys[^1], _tokens.Count);
            _tokens.Add(IsByte(_tokens.Count, token) ? [Convert.ToByte(Encoding.ASCII.GetString(token, 3, 2), 16)] : token);
            at += 8 + length;
        }
        Dictionary<float, int> places = [];
        foreach (float score in scores.Distinct().OrderDescending())
            places.Add(score, places.Count);
        _ranks = [.. scores.Select(score => places[score])];
        _beginning = definition.Start.Count > 0 ? definition.Start[0] : null;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Split(string text)
    {
        if (text.Length == 0)
            return [];
        List<int> ids = [];
        // As SentencePiece does, a space goes in front.
        foreach (Rune rune in (" " + text).EnumerateRunes())
        {
            byte[] bytes = Encoding.UTF8.GetBytes(rune.ToString());
            if (_ids.TryGetValue(Key(bytes), out int id))
                ids.Add(id);
            else
                ids.AddRange(bytes.Select(value => value + FirstByte));
        }
        PairJoiner<Pairs>.Join(ids, new Pairs(this));
        return ids;
    }

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids)
    {
        List<byte> bytes = [];
        for (int i = 0; i < ids.Count; i++)
        {
            // The special tokens 0 (unknown), 1 (beginning) and 2 (end) are no text.
            if (ids[i] < FirstByte || ids[i] >= _tokens.Count)
                continue;
            byte[] token = _tokens[ids[i]];
            bool first = i == 0 || (i == 1 && ids[0] == _beginning);
            bytes.AddRange(first && token is [(byte)' ', ..] ? token.Skip(1) : token);
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    // The 256 tokens from id 3 are written <0x00> to <0xFF>.
    private static bool IsByte(int id, byte[] token) => id >= FirstByte && id < FirstByte + 256 && token is [(byte)'<', (byte)'0', (byte)'x', _, _, (byte)'>'];

    // One character per byte: compares as the bytes do, also where they are no UTF-8.
    private static string Key(byte[] token) => Encoding.Latin1.GetString(token);

    private readonly struct Pairs(Llama2cTokenizer tokenizer) : IPairs
    {
        public (int Rank, int Joined)? Of(int left, int right) =>
            tokenizer._ids.TryGetValue(tokenizer._keys[left] + tokenizer._keys[right], out int joined) ? (tokenizer._ranks[joined], joined) : null;
    }
}
