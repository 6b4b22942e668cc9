using System.Diagnostics;
using System.Globalization;
using System.Text;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Ctrl-C, as it reaches a build in different ways.</summary>
public sealed class InterruptTests(PackedPackage package)
{
    /// <summary>Of a build in a server nobody but this test may end the server; it is found by this word in its environment.</summary>
    private const string Salt = "MSBUILDNODEHANDSHAKESALT";

    [Theory]
    [InlineData("the build alone")]
    [InlineData("all of a terminal's foreground")]
    [InlineData("the build, which runs in MSBuild's server")]
    public async Task An_interrupt_ends_the_worker_and_leaves_no_stamp(string reaches)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a signal");
        Assert.SkipWhen(InterruptsAreIgnored(), "started with SIGINT ignored, as shells start what runs in the background; the build inherits that");
        bool group = reaches.StartsWith("all", StringComparison.Ordinal), server = reaches.Contains("server", StringComparison.Ordinal);
        Assert.SkipWhen((group || server) && !OperatingSystem.IsLinux(), "needs setsid(1) and /proc");
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "hang");
        (await app.Run("restore")).Succeeded();
        string salt = Guid.NewGuid().ToString("N");
        Dictionary<string, string> environment = server
            ? new() { ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "1", ["MSBUILDUSESERVER"] = "1", ["MSBUILDDISABLENODEREUSE"] = "0", [Salt] = salt }
            : [];
        try
        {
            var output = new StringBuilder();
            // With setsid the build leads a group of its own, as in a terminal.
            using Process build = DotNet.Start(app.Folder, ["build", "--no-restore", "-tl:off"], output, environment, group ? "setsid" : null);
            int worker = await Waiting.ForWorker(app, output);
            Assert.Equal(server, Servers(salt).Any());

            string target = (group ? "-" : "") + build.Id.ToString(CultureInfo.InvariantCulture);
            using (Process kill = Process.Start("kill", ["-INT", "--", target]))
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

            // Two seconds are promised (measured by the benchmark 'interrupt'); a machine that is busy with other tests gets some more.
            long interrupted = Stopwatch.GetTimestamp();
            await Waiting.Until(() => !Waiting.IsAlive(worker), "the worker ends", output);
            Assert.InRange(Stopwatch.GetElapsedTime(interrupted).TotalSeconds, 0, 6);
            await build.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, build.ExitCode);
            await Waiting.Until(() => !Directory.Exists(app["obj", "prunetasks", "tiny", "staging"]), "the build cleans up", output);
            app.HasNothingPruned();
        }
        finally
        {
            foreach (int id in Servers(salt))
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
        }

        app.Write("fake-worker.mode", "ok");
        (await app.Build()).Succeeded();
    }

    // The server and its nodes: processes that live on after the build, with the salt in their environment.
    private static IEnumerable<int> Servers(string salt)
    {
        if (!Directory.Exists("/proc"))
            yield break;
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            bool found = false;
            try
            {
                found = File.ReadAllText(Path.Combine(process, "environ")).Contains(salt, StringComparison.Ordinal)
                    && File.ReadAllText(Path.Combine(process, "cmdline")).Contains("nodemode:8", StringComparison.OrdinalIgnoreCase);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another user's.
            }

            if (found)
                yield return id;
        }
    }

    // proc(5): SigIgn is a mask of signals in hexadecimal; SIGINT is the second.
    private static bool InterruptsAreIgnored() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[^1] is '2' or '3' or '6' or '7' or 'a' or 'b' or 'e' or 'f';
}
