using System.Security.Cryptography;

namespace PruneTasks.Torch.Native;

/// <summary>Keeps the patched private copy of the bridge in a folder of the user, under the SHA-256 of the original.</summary>
internal static class BridgeCache
{
    /// <summary>Default folder: <c>PruneTasks/bridge</c> in the user's local application data; a folder of the user's own in temp if there is none.</summary>
    internal static string DefaultFolder()
    {
        string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return local.Length > 0
            ? Path.Combine(local, "PruneTasks", "bridge")
            : Path.Combine(Path.GetTempPath(), "PruneTasks-" + Environment.UserName, "bridge");
    }

    /// <summary>Path of the patched copy of <paramref name="original"/>; written if absent or not what patching gives now.</summary>
    /// <exception cref="BridgePatchException">The original cannot be patched.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal static string PatchedCopy(string original, string cacheFolder)
    {
        byte[] bytes = File.ReadAllBytes(original);
        byte[] patched = BridgePatch.Apply(bytes);
        string folder = Path.Combine(cacheFolder, Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant());
        string path = Path.Combine(folder, Path.GetFileName(original));
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(patched)) return path;

        CreatePrivate(folder);
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            File.WriteAllBytes(temporary, patched);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }

    // A library in a folder that others may write would be code from others.
    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
