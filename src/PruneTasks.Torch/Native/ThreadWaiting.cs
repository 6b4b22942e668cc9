using System.Runtime.InteropServices;

namespace PruneTasks.Torch.Native;

/// <summary>How libtorch's worker threads wait for each other.</summary>
/// <remarks>
/// libgomp lets them spin, which is best on an idle machine and ruinous on a busy one: with two threads on two processors shared by a build,
/// a small vision transformer took 3 s and 1.3 s of processor time instead of 0.3 s and 0.17 s. Pruning runs inside builds, so they sleep.
/// libgomp reads the variable once, when it is loaded; .NET's own environment is a copy that native code does not see.
/// </remarks>
internal static partial class ThreadWaiting
{
    private const string Variable = "OMP_WAIT_POLICY";

    /// <summary>Makes waiting threads sleep, unless the user has chosen. To be called before libtorch is loaded; Linux only.</summary>
    internal static void PreferSleeping()
    {
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable(Variable) is null) _ = SetVariable(Variable, "PASSIVE", 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
