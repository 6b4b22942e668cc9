using System.Runtime.InteropServices;

namespace PruneTasks.Worker.Timing;

/// <summary>The name of the processor: times of another one say nothing.</summary>
internal static class Processor
{
    /// <summary>Name and architecture, as far as the system tells.</summary>
    public static string Name { get; } = $"{Model()} ({RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()})";

    private static string Model()
    {
        const string CpuInfo = "/proc/cpuinfo";
        try
        {
            if (File.Exists(CpuInfo) && File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line)
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "unknown processor";
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.OSDescription;
    }
}
