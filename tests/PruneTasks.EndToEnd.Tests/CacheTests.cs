using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class CacheTests(PackedPackage package)
{
    // On one node a project that waits for another must let it go on; on several they really run at the same time.
    [Theory]
    [InlineData("-m:1")]
    [InlineData("-m:3")]
    public async Task One_model_in_three_projects_is_pruned_once(string nodes)
    {
        using var shared = new TemporaryFolder();
        TestApp[] apps = [.. Enumerable.Range(0, 3).Select(_ => new TestApp(package, cache: shared["cache"]).WithModel())];
        try
        {
            string projects = string.Join(';', apps.Select(app => app["App.csproj"]));
            string all = shared.Write("all.proj", $"""
                <Project DefaultTargets="Build">
                  <Target Name="Restore"><MSBuild Projects="{projects}" Targets="Restore" Properties="MSBuildRestoreSessionId=1" /></Target>
                  <Target Name="Build"><MSBuild Projects="{projects}" Targets="Build" BuildInParallel="true" /></Target>
                </Project>
                """);
            foreach (TestApp app in apps)
                app.Write("fake-worker.mode", "slow");

            DotNetRun run = (await DotNet.Run(shared.Path, ["msbuild", all, "-restore", "-tl:off", nodes])).Succeeded();

            Assert.Equal(1, apps.Sum(app => app.Starts));
            Assert.Equal(2, run.LinesWith("(from the cache)").Count);
            foreach (TestApp app in apps)
                Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        }
        finally
        {
            foreach (TestApp app in apps)
                app.Dispose();
        }
    }

    [Fact]
    public async Task A_damaged_result_is_named_and_pruned_again()
    {
        using TestApp app = new TestApp(package).WithModel();
        (await app.Build()).Succeeded();
        string cached = Assert.Single(Directory.GetFiles(app[".cache"], "model.onnx", SearchOption.AllDirectories));
        File.WriteAllText(cached, "half a mod");
        (await app.Run("clean")).Succeeded();

        DotNetRun run = (await app.Build()).Succeeded();

        Assert.Contains("model.onnx", Assert.Single(run.LinesWith("PRUNE0914")));
        Assert.Equal(2, app.Starts);
        Assert.Equal(TinyModel.Identity(), File.ReadAllBytes(cached));
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
    }
}
