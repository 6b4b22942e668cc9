using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace PruneTasks.Worker.Running;

/// <summary>
/// Ends this process soon after the build that started it: one that is killed cannot say goodbye, and a worker that goes on would use the machine for
/// nothing. Only where the build asks for it by <c>PRUNETASKS_PARENT</c>; a request that is run by hand has no such variable.
/// </summary>
internal static class ParentWatch
{
    /// <summary>The environment variable with the id of the build's process.</summary>
    public const string Variable = "PRUNETASKS_PARENT";

    private const int Pause = 200;

    /// <summary>Begins to watch, if a parent is named.</summary>
    public static void Start()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out int parent))
            return;
        new Thread(() => Watch(parent)) { IsBackground = true, Name = "parent watch" }.Start();
    }

    private static void Watch(int parent)
    {
        // On Unix a process that has ended may still have its id, until its own parent has asked for it; its children, though, have another parent at once.
        bool isChild = !OperatingSystem.IsWindows() && GetParentId() == parent;
        while (isChild ? GetParentId() == parent : Exists(parent))
            Thread.Sleep(Pause);
        // At once, without handlers: everything is in a folder of this run, which the next build removes.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    private static bool Exists(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // It is there, but may not be asked.
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentId();
}
