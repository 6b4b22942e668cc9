using System.Security.Cryptography;
using PruneTasks.Records;

namespace PruneTasks.Caching;

/// <summary>Copies a file and hashes what it copies, so that what was checked is what was taken.</summary>
internal static class HashedCopy
{
    /// <summary>Copies to a new file, or only reads when there is no target.</summary>
    /// <returns>Length and SHA-256 of the bytes that were read.</returns>
    public static (long Bytes, string Sha256) Run(string source, string? target)
    {
        using SHA256 sha = SHA256.Create();
        using var from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        using FileStream? to = target is null ? null : new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        var buffer = new byte[1 << 18];
        long bytes = 0;
        for (int read; (read = from.Read(buffer, 0, buffer.Length)) > 0; bytes += read)
        {
            sha.TransformBlock(buffer, 0, read, null, 0);
            to?.Write(buffer, 0, read);
        }

        sha.TransformFinalBlock(buffer, 0, 0);
        return (bytes, Sha256.Hex(sha.Hash!));
    }
}
