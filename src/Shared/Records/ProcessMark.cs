using System.Diagnostics;
using System.Globalization;

namespace PruneTasks.Records;

/// <summary>
/// Marks a temporary file or folder with the process that writes it. So what a killed process left can be told from what another one is
/// writing just now, and be removed at once.
/// </summary>
internal static class ProcessMark
{
    /// <summary>Id of this process.</summary>
    public static readonly int ProcessId = CurrentId();

    private static readonly string Machine = Sha256.OfText(Environment.MachineName).Substring(0, 8);
    private static readonly string Own = ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>A new mark, different each time: <c>process-machine-guid</c>.</summary>
    public static string New() => $"{Own}-{Machine}-{Guid.NewGuid():N}";

    /// <summary>Whether the process of a mark is gone. Of another machine's processes nothing is known: false.</summary>
    public static bool IsLeftOver(string mark)
    {
        string[] parts = mark.Split('-');
        if (parts.Length != 3 || parts[1] != Machine || parts[0] == Own || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            return false;
        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // Ended between the two questions, or a process of another user that may not be asked.
            return e is InvalidOperationException;
        }
    }

    private static int CurrentId()
    {
        using var process = Process.GetCurrentProcess();
        return process.Id;
    }
}
