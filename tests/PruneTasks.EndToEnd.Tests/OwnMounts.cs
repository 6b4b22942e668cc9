using System.Diagnostics;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Runs a shell script that may mount what only it sees (unshare(1), Linux), so that a disk can be full or read-only for one build.</summary>
internal static class OwnMounts
{
    /// <summary>Runs the script; its exit code, or -1 where that is not possible.</summary>
    public static async Task<int> Run(string script, string? folder = null)
    {
        if (!OperatingSystem.IsLinux())
            return -1;
        var start = new ProcessStartInfo("unshare", ["-rm", "sh", "-c", script]) { WorkingDirectory = folder ?? "/", RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        // A compiler's server of another build does not see these mounts.
        start.Environment["UseSharedCompilation"] = "false";
        try
        {
            using Process process = Process.Start(start)!;
            await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
