using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PruneTasks.Text;

/// <summary>The steps of a normalizer, in their order; each is the step's name and its arguments, as HuggingFaceTokenizer of PruneTasks.Spec writes them.</summary>
internal sealed class PieceNormalizer
{
    private readonly Func<string, string>[] _steps;

    /// <exception cref="FormatException">A step is not known.</exception>
    public PieceNormalizer(IReadOnlyList<IReadOnlyList<string>> steps) => _steps = [.. steps.Select(Step)];

    public string Run(string text)
    {
        foreach (Func<string, string> step in _steps)
            text = step(text);
        return text;
    }

    private static Func<string, string> Step(IReadOnlyList<string> step) => step switch
    {
        ["prepend", var mark] => text => text.Length == 0 ? text : mark + text,
        ["replace", var from, var to] => text => text.Replace(from, to, StringComparison.Ordinal),
        ["collapse", var to] => text => Collapse(text, to),
        ["trimStart"] => text => text.TrimStart(),
        ["trimEnd"] => text => text.TrimEnd(),
        ["form", var form] => text => Form(text, form),
        ["lowercase"] => text => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant(),
        ["stripMarks"] => StripMarks,
        ["charsmap", var map] => new CharacterMap(Convert.FromBase64String(map)).Run,
        _ => throw new FormatException($"The normalizer's step '{(step.Count > 0 ? step[0] : "")}' is not known."),
    };

    // Two spaces or more.
    private static string Collapse(string text, string to)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i;
            while (end < text.Length && text[end] == ' ')
                end++;
            if (end - i >= 2)
            {
                result.Append(to);
                i = end;
            }
            else
            {
                result.Append(text[i++]);
            }
        }
        return result.ToString();
    }

    private static string Form(string text, string form)
    {
        // Without ICU's data, normalization leaves all but ASCII as it is.
        if (!Ascii.IsValid(text) && "\u00E9".Normalize(NormalizationForm.FormD).Length == 1)
        {
            throw new NotSupportedException(
                "The tokenizer wants Unicode normalization of this text, which .NET does not do in globalization-invariant mode; set InvariantGlobalization to false, unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT, and install ICU.");
        }
        return text.Normalize(form switch
        {
            "C" => NormalizationForm.FormC,
            "D" => NormalizationForm.FormD,
            "KC" => NormalizationForm.FormKC,
            "KD" => NormalizationForm.FormKD,
            _ => throw new FormatException($"The form '{form}' of Unicode is not known."),
        });
    }

    private static string StripMarks(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                result.Append(rune.ToString());
        }
        return result.ToString();
    }

    /// <summary>
    /// A map of characters as SentencePiece compiles it: the size of a double array, the array (github.com/s-yata/darts-clone), then the texts, each ended by
    /// a zero. Read as huggingface/spm_precompiled does: a cluster of characters under six bytes first as a whole, else each character.
    /// </summary>
    private sealed class CharacterMap
    {
        private readonly uint[] _units;
        private readonly byte[] _texts;

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

        public string Run(string text)
        {
            var result = new StringBuilder(text.Length);
            TextElementEnumerator clusters = StringInfo.GetTextElementEnumerator(text);
            while (clusters.MoveNext())
            {
                string cluster = clusters.GetTextElement();
                byte[] bytes = Encoding.UTF8.GetBytes(cluster);
                if (bytes.Length < 6 && Find(bytes) is { } whole)
                {
                    result.Append(whole);
                    continue;
                }
                foreach (Rune rune in cluster.EnumerateRunes())
                    result.Append(Find(Encoding.UTF8.GetBytes(rune.ToString())) ?? rune.ToString());
            }
            return result.ToString();
        }

        // The value of the shortest key that the bytes begin with.
        private string? Find(byte[] key)
        {
            uint node = 0, unit = _units[0];
            node ^= Offset(unit);
            foreach (byte value in key)
            {
                node ^= value;
                if (value == 0 || node >= _units.Length)
                    return null;
                unit = _units[node];
                if ((unit & 0x800000FF) != value)
                    return null;
                node ^= Offset(unit);
                if (((unit >> 8) & 1) == 1)
                    return node < _units.Length ? Text(_units[node] & 0x7FFFFFFF) : null;
            }
            return null;
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
}
