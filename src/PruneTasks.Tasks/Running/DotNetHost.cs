using System.Runtime.InteropServices;

namespace PruneTasks.Tasks.Running;

/// <summary>Finds the <c>dotnet</c> program that runs the worker.</summary>
internal static class DotNetHost
{
    /// <summary>File name of the program on this system.</summary>
    public static string FileName => RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "dotnet.exe" : "dotnet";

    /// <summary>
    /// The host that runs the build (<c>DOTNET_HOST_PATH</c>), else the SDK's own (<c>NetCoreRoot</c>), else the first on the path; null if there
    /// is none. MSBuild of Visual Studio sets the first two as properties, the command line also as environment variables.
    /// </summary>
    public static string? Find(string? hostPath, string? netCoreRoot, string? searchPath)
    {
        if (!string.IsNullOrEmpty(hostPath) && File.Exists(hostPath))
            return hostPath;
        if (!string.IsNullOrEmpty(netCoreRoot) && Path.Combine(netCoreRoot, FileName) is var beside && File.Exists(beside))
            return beside;
        foreach (string folder in (searchPath ?? "").Split(Path.PathSeparator))
        {
            string candidate = Path.Combine(folder.Trim('"'), FileName);
            if (folder.Length > 0 && File.Exists(candidate))
                return candidate;
        }

        return null;
    }
}
