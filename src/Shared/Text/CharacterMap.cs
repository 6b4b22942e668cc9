using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PruneTasks.Text;

/// <summary>
/// A map of characters as SentencePiece compiles it: the size of a double array, the array (github.com/s-yata/darts-clone), then the texts, each ended by
/// a zero.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _texts;

    /// <exception cref="FormatException">It is cut off.</exception>
    public CharacterMap(byte[] map)
    {
        uint size = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (size > (uint)(map.Length - 4) || size % 4 != 0 || size == 0)
            throw new FormatException("The normalizer's map of characters is cut off.");
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + (4 * i)));
        _texts = map[(4 + (int)size)..];
    }

    /// <summary>As huggingface/spm_precompiled does it: a cluster of characters under six bytes first as a whole, by its shortest key, else each character.</summary>
    public string Run(string text)
    {
        var result = new StringBuilder(text.Length);
        TextElementEnumerator clusters = StringInfo.GetTextElementEnumerator(text);
        while (clusters.MoveNext())
        {
            string cluster = clusters.GetTextElement();
            byte[] bytes = Encoding.UTF8.GetBytes(cluster);
            if (bytes.Length < 6 && Find(bytes, longest: false) is { Length: > 0 } whole)
            {
                result.Append(whole.Text);
                continue;
            }
            foreach (Rune rune in cluster.EnumerateRunes())
                result.Append(Find(Encoding.UTF8.GetBytes(rune.ToString()), longest: false) is { Length: > 0 } found ? found.Text : rune.ToString());
        }
        return result.ToString();
    }

    /// <summary>The key that bytes begin with, its length, and what it becomes; length 0 for none.</summary>
    public (int Length, string Text) Find(ReadOnlySpan<byte> bytes, bool longest)
    {
        (int Length, string Text) best = (0, "");
        uint unit = _units[0];
        uint node = Offset(unit);
        for (int i = 0; i < bytes.Length; i++)
        {
            node ^= bytes[i];
            if (bytes[i] == 0 || node >= _units.Length)
                break;
            unit = _units[node];
            if ((unit & 0x800000FF) != bytes[i])
                break;
            node ^= Offset(unit);
            if (((unit >> 8) & 1) != 1 || node >= _units.Length)
                continue;
            best = (i + 1, Text(_units[node] & 0x7FFFFFFF));
            if (!longest)
                break;
        }
        return best;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private string Text(uint from)
    {
        int end = (int)Math.Min(from, (uint)_texts.Length);
        int start = end;
        while (end < _texts.Length && _texts[end] != 0)
            end++;
        return Encoding.UTF8.GetString(_texts, start, end - start);
    }
}
