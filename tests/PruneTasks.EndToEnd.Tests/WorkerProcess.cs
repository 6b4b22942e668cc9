using System.Globalization;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Looks for workers in /proc; Linux only.</summary>
internal static class WorkerProcess
{
    /// <summary>The process whose command line names a request; 0 if there is none.</summary>
    public static int Of(string request)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains(request, StringComparison.Ordinal))
                    return id;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another user's.
            }
        }

        return 0;
    }
}
