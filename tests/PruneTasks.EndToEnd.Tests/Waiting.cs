using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Waits for what another process does.</summary>
internal static class Waiting
{
    /// <summary>Waits for a condition; fails with the output of the build.</summary>
    public static async Task Until(Func<bool> condition, string what, StringBuilder output, int seconds = 60)
    {
        for (int i = 0; i < 20 * seconds && !condition(); i++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        lock (output)
            Assert.True(condition(), $"not seen within {seconds} s: {what}\n{output}");
    }

    /// <summary>Waits for the fake worker in its mode "hang".</summary>
    /// <returns>Its process.</returns>
    public static async Task<int> ForWorker(TestApp app, StringBuilder output)
    {
        string pid = app["fake-worker.pid"];
        await Until(() => File.Exists(pid) && File.ReadAllText(pid).Length > 0, "the worker starts", output);
        return int.Parse(File.ReadAllText(pid), CultureInfo.InvariantCulture);
    }

    /// <summary>Whether a process runs.</summary>
    public static bool IsAlive(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Asserts that a run that failed has left neither model, nor stamp, nor staging folder.</summary>
    public static void HasNothingPruned(this TestApp app)
    {
        Assert.Empty(Directory.GetFiles(app["obj", "prunetasks", "tiny"], "*.onnx", SearchOption.AllDirectories));
        Assert.False(File.Exists(app["obj", "prunetasks", "tiny", "tiny.stamp.txt"]));
        Assert.False(Directory.Exists(app["obj", "prunetasks", "tiny", "staging"]));
    }
}
