using System.Security.Cryptography;
using System.Text;

namespace PruneTasks.Records;

/// <summary>SHA-256 as lower-case hexadecimal text.</summary>
internal static class Sha256
{
    /// <summary>Of a text in UTF-8.</summary>
    public static string OfText(string text)
    {
        using SHA256 sha = SHA256.Create();
        return Hex(sha.ComputeHash(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Of a file's bytes.</summary>
    public static string OfFile(string path)
    {
        using SHA256 sha = SHA256.Create();
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        return Hex(sha.ComputeHash(stream));
    }

    /// <summary>Bytes as text.</summary>
    public static string Hex(byte[] bytes)
    {
        const string Digits = "0123456789abcdef";
        var text = new char[bytes.Length * 2];
        for (int i = 0; i < bytes.Length; i++)
        {
            text[2 * i] = Digits[bytes[i] >> 4];
            text[(2 * i) + 1] = Digits[bytes[i] & 15];
        }

        return new string(text);
    }
}
