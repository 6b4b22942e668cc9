using System.Diagnostics;
using Microsoft.Build.Utilities;
using PruneTasks.Tasks.Common;

namespace PruneTasks.Tasks.Embedding;

/// <summary>Compresses a file by the worker: the MSBuild of Visual Studio runs on .NET Framework, which has no Brotli.</summary>
internal static class Compressor
{
    /// <summary>Null if it went well, else what went wrong.</summary>
    public static string? Run(string host, string worker, string source, string target)
    {
        string temporary = target + ".tmp";
        var line = new CommandLineBuilder();
        line.AppendSwitch("exec");
        line.AppendFileNameIfNotNull(worker);
        line.AppendSwitch("compress");
        line.AppendFileNameIfNotNull(source);
        line.AppendFileNameIfNotNull(temporary);
        using Process process = Process.Start(new ProcessStartInfo(host, line.ToString())
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            CreateNoWindow = true,
        });
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 || !File.Exists(temporary))
        {
            File.Delete(temporary);
            return errors.Trim().Length > 0 ? errors.Trim() : $"the worker ended with exit code {process.ExitCode}";
        }
        AtomicFile.Move(temporary, target);
        return null;
    }
}
