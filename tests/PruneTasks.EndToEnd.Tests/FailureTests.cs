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

        // Two seconds are promised; a machine that is busy with other tests gets some more.
        long interrupted = Stopwatch.GetTimestamp();
        await Until(() => !IsAlive(worker), "the worker ends", output);
        Assert.InRange(Stopwatch.GetElapsedTime(interrupted).TotalSeconds, 0, 6);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, build.ExitCode);
        AssertNothingPruned(app);
        app.Write("fake-worker.mode", "ok");
        (await app.Build()).Succeeded();
    }

    // The worker is a child of whichever node has the task; of several, mostly not of the process that is killed.
    [Fact]
    public async Task A_build_of_several_nodes_that_is_killed_takes_its_worker_along()
    {
        using TestApp app = new TestApp(package, frameworks: "net8.0;net10.0").WithModel();
        app.Write("fake-worker.mode", "hang");
        (await app.Run("restore")).Succeeded();
        var output = new StringBuilder();
        using Process build = DotNet.Start(app.Folder, ["build", "--no-restore", "-tl:off", "-m:2"], output);
        string pidFile = app["fake-worker.pid"];
        await Until(() => File.Exists(pidFile) && File.ReadAllText(pidFile).Length > 0, "the worker starts", output);
        int worker = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);

        build.Kill();

        await Until(() => !IsAlive(worker), "the worker ends", output, seconds: 10);
    }

    [Fact]
    public async Task A_time_limit_stops_the_worker_and_keeps_the_build_from_hanging()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "hang");

        DotNetRun run = (await app.Build("-p:PruneTasksTimeout=0.05")).Failed();

        Assert.NotEmpty(run.LinesWith("error PRUNE0916"));
        AssertNothingPruned(app);
    }

    [Fact]
    public async Task A_full_disk_is_an_error_with_advice_and_the_next_build_succeeds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && await OwnMounts.Run("true") == 0, "needs a file system of its own (unshare)");
        using TestApp app = GlyphsApp.New(package, GlyphsApp.AtOnce);
        (await app.Run("restore")).Succeeded();
        Directory.CreateDirectory(app["obj", "prunetasks"]);
        // The pruned model takes more than a megabyte.
        string script = $"mount -t tmpfs -o size=1m none obj/prunetasks && dotnet build --no-restore -tl:off > build.log 2>&1; cp obj/prunetasks/glyphs/worker.log . ; find obj/prunetasks -name '*.tmp' -o -name staging > left.log";

        await OwnMounts.Run(script, app.Folder);

        string log = await File.ReadAllTextAsync(app["build.log"], TestContext.Current.CancellationToken);
        Assert.Contains("error PRUNE0917", log);
        Assert.DoesNotContain("PRUNE0901", log);
        Assert.Equal("", (await File.ReadAllTextAsync(app["left.log"], TestContext.Current.CancellationToken)).Trim());
        Assert.False(File.Exists(app["bin", "Debug", "net10.0", "App.dll"]));
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

    private static async Task Until(Func<bool> condition, string what, StringBuilder output, int seconds = 60)
    {
        for (int i = 0; i < 10 * seconds && !condition(); i++)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        lock (output)
            Assert.True(condition(), $"not seen within {seconds} s: {what}\n{output}");
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
