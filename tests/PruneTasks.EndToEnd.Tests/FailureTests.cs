using System.Diagnostics;
using System.Globalization;
using System.Text;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class FailureTests(PackedPackage package)
{
    [Fact]
    public async Task A_wrong_spec_is_an_error_with_place_and_id_and_leaves_nothing()
    {
        using TestApp app = new TestApp(package).WithModel(spec: "version: 1\nmodle: tiny.onnx\ndata:\n  personal: { path: data }\n");

        DotNetRun run = (await app.Build()).Failed();

        string line = Assert.Single(run.LinesWith("PRUNE0002"));
        Assert.Contains("tiny.prune.yaml(2,1", line);
        Assert.Contains("'modle'", line);
        Assert.Equal(0, app.Starts);
        Assert.False(Directory.Exists(app["obj", "prunetasks", "tiny"]));
    }

    [Fact]
    public async Task What_the_worker_reports_is_an_error_of_the_build_and_leaves_no_model()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "error");

        DotNetRun run = (await app.Build()).Failed();

        Assert.Contains("tiny.prune.yaml(3,11", Assert.Single(run.LinesWith("PRUNE0021")));
        AssertNothingPruned(app);
    }

    [Fact]
    public async Task A_worker_that_dies_fails_the_build_and_the_next_build_prunes()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "crash");

        DotNetRun run = (await app.Build()).Failed();

        string line = Assert.Single(run.LinesWith("PRUNE0909"));
        Assert.Contains("134", line);
        Assert.Contains("something native went wrong", File.ReadAllText(app["obj", "prunetasks", "tiny", "worker.log"]));
        AssertNothingPruned(app);
        app.Write("fake-worker.mode", "ok");
        (await app.Build()).Succeeded();
        Assert.Equal(2, app.Starts);
    }

    [Fact]
    public async Task An_interrupted_build_ends_the_worker_and_leaves_no_stamp()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a signal");
        Assert.SkipWhen(InterruptsAreIgnored(), "started with SIGINT ignored, as shells start what runs in the background; the build inherits that");
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "hang");
        (await app.Run("restore")).Succeeded();
        var output = new StringBuilder();
        using Process build = DotNet.Start(app.Folder, ["build", "--no-restore", "-tl:off"], output);
        string pidFile = app["fake-worker.pid"];
        await Until(() => File.Exists(pidFile) && File.ReadAllText(pidFile).Length > 0, "the worker starts", output);
        int worker = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);

        // To the build alone; Ctrl-C in a terminal also reaches the worker itself.
        using (Process kill = Process.Start("kill", ["-INT", build.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        await Until(() => !IsAlive(worker), "the worker ends", output);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, build.ExitCode);
        AssertNothingPruned(app);
        app.Write("fake-worker.mode", "ok");
        (await app.Build()).Succeeded();
    }

    [Fact]
    public async Task Two_specs_with_one_name_are_an_error()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("sub/tiny.prune.yaml", "version: 1\nmodel: ../tiny.onnx\n");

        DotNetRun run = (await app.Build()).Failed();

        Assert.Contains("'tiny'", Assert.Single(run.LinesWith("PRUNE0008")));
        Assert.Equal(0, app.Starts);
    }

    // proc(5): SigIgn is a mask of signals in hexadecimal; SIGINT is the second.
    private static bool InterruptsAreIgnored() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[^1] is '2' or '3' or '6' or '7' or 'a' or 'b' or 'e' or 'f';

    private static void AssertNothingPruned(TestApp app)
    {
        Assert.Empty(Directory.GetFiles(app["obj", "prunetasks", "tiny"], "*.onnx", SearchOption.AllDirectories));
        Assert.False(File.Exists(app["obj", "prunetasks", "tiny", "tiny.stamp.txt"]));
        Assert.False(Directory.Exists(app["obj", "prunetasks", "tiny", "staging"]));
    }

    private static async Task Until(Func<bool> condition, string what, StringBuilder output)
    {
        for (int i = 0; i < 600 && !condition(); i++)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        lock (output)
            Assert.True(condition(), $"not seen within a minute: {what}\n{output}");
    }

    private static bool IsAlive(int id)
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
}
