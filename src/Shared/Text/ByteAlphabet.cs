using System.Text;

namespace PruneTasks.Tokenizers;

/// <summary>Bytes as GPT-2 writes them (openai/gpt-2, encoder.py): those that can be seen as they are, the others in their order from U+0100.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Written = [.. Enumerable.Range(0, 256).Select(value => Letter(value))];

    private static readonly Dictionary<char, byte> Values = Enumerable.Range(0, 256).ToDictionary(Letter, value => (byte)value);

    /// <summary>The UTF-8 bytes of a text, one character each.</summary>
    public static string Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var letters = new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
            letters[i] = Written[bytes[i]];
        return new string(letters);
    }

    /// <summary>Adds the bytes that a token stands for; a token with other characters is text.</summary>
    public static void Read(string token, List<byte> bytes)
    {
        int before = bytes.Count;
        foreach (char letter in token)
        {
            if (!Values.TryGetValue(letter, out byte value))
            {
                bytes.RemoveRange(before, bytes.Count - before);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }
            bytes.Add(value);
        }
    }

    /// <summary>How a byte is written.</summary>
    public static char Letter(int value) => value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174
        ? (char)value
        : (char)(256 + (value <= 32 ? value : value <= 160 ? value - 127 + 33 : 67));
}
