using System.Text;

namespace PruneTasks.Text;

/// <summary>Forms of Unicode (NFC, NFD, NFKC, NFKD).</summary>
internal static class UnicodeForm
{
    /// <summary>A text in a form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="form"><c>C</c>, <c>D</c>, <c>KC</c> or <c>KD</c>.</param>
    /// <exception cref="NotSupportedException">.NET runs without ICU's data, and the form may change this text.</exception>
    public static string Of(string text, string form)
    {
        if (Ascii.IsValid(text))
            return text;
        // Without ICU's data, normalization leaves all but ASCII as it is.
        if ("\u00E9".Normalize(NormalizationForm.FormD).Length == 1)
        {
            if (form is "C" or "D" && IsSameInEachForm(text))
                return text;
            throw new NotSupportedException(
                "The tokenizer wants Unicode normalization of this text, which .NET does not do in globalization-invariant mode; set InvariantGlobalization to false, unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT, and install ICU.");
        }
        NormalizationForm wanted = form switch
        {
            "C" => NormalizationForm.FormC,
            "D" => NormalizationForm.FormD,
            "KC" => NormalizationForm.FormKC,
            "KD" => NormalizationForm.FormKD,
            _ => throw new FormatException($"The form '{form}' of Unicode is not known."),
        };
        // .NET refuses the noncharacters, which are as they are in every form.
        return Parts(text, wanted);
    }

    private static string Parts(string text, NormalizationForm form)
    {
        StringBuilder? result = null;
        int from = 0;
        for (int at = 0; at < text.Length;)
        {
            Rune rune = Rune.GetRuneAt(text, at);
            int next = at + rune.Utf16SequenceLength;
            if ((rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF)
            {
                result ??= new StringBuilder(text.Length);
                result.Append(text[from..at].Normalize(form)).Append(text, at, next - at);
                from = next;
            }
            at = next;
        }
        return result is null ? text.Normalize(form) : result.Append(text[from..].Normalize(form)).ToString();
    }

    // Chinese characters, most punctuation and pictures neither consist of others nor join with what is beside them. Of the rest nobody knows without the data.
    private static bool IsSameInEachForm(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is not (< 0xC0 or (>= 0x2002 and <= 0x206F) or (>= 0x3000 and <= 0x3029) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0x1F000 and <= 0x1FAFF)))
                return false;
        }
        return true;
    }
}
