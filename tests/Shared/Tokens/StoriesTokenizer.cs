using System.Buffers.Binary;
using System.Text;

namespace PruneTasks.Testing.Tokens;

/// <summary>
/// Byte-pair encoding with a vocabulary in the format of llama2.c: the longest token's length (int32), then for each token its score (float32), its
/// length in bytes (int32) and its bytes. The pair of neighbours whose joint token has the highest score is joined until none is left.
/// </summary>
internal sealed class StoriesTokenizer
{
    private const int Beginning = 1, FirstByte = 3;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<float> _scores = [];
    private readonly List<string> _tokens = [];

    /// <param name="file">The vocabulary.</param>
    public StoriesTokenizer(ReadOnlySpan<byte> file)
    {
        for (int at = 4; at < file.Length;)
        {
            _scores.Add(BinaryPrimitives.ReadSingleLittleEndian(file[at..]));
            int length = BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]);
            string token = Encoding.UTF8.GetString(file.Slice(at + 8, length));
            // Of equal tokens the first counts.
            _ids.TryAdd(token, _tokens.Count);
            _tokens.Add(token);
            at += 8 + length;
        }
    }

    /// <summary>The token for the beginning, a space, then the text.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        List<int> ids = [Beginning];
        foreach (Rune rune in (" " + text).EnumerateRunes())
        {
            if (_ids.TryGetValue(rune.ToString(), out int id)) ids.Add(id);
            else ids.AddRange(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => b + FirstByte));
        }
        while (true)
        {
            (float score, int at, int joined) best = (float.NegativeInfinity, -1, -1);
            for (int i = 1; i + 1 < ids.Count; i++)
            {
                if (_ids.TryGetValue(_tokens[ids[i]] + _tokens[ids[i + 1]], out int pair) && _scores[pair] > best.score) best = (_scores[pair], i, pair);
            }
            if (best.at < 0) return ids;
            ids[best.at] = best.joined;
            ids.RemoveAt(best.at + 1);
        }
    }
}
