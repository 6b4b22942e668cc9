using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class KillTests(PackedPackage package)
{
    [Fact]
    public async Task Builds_and_workers_that_are_killed_leave_nothing_that_the_next_build_does_not_put_right()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "looks for the worker in /proc");
        using TestApp app = new TestApp(package).WithModel();
        app.Write("Program.cs", KillLoop.PrintHash);
        app.Write("fake-worker.mode", "pieces");
        var loop = new KillLoop(app, "tiny", number => File.WriteAllBytes(app["tiny.onnx"], TinyModel.Identity(100 + number)), seed: 1);

        IReadOnlyList<Kill> kills = await loop.Run(5, enough: kills => Met(kills, "worker") && Met(kills, "build"));

        Assert.All(kills, kill => Assert.Null(kill.Problem));
        Assert.True(Met(kills, "worker") && Met(kills, "build"));

        static bool Met(IReadOnlyList<Kill> kills, string victim) => kills.Any(kill => kill.Worker && kill.Victim == victim);
    }
}
