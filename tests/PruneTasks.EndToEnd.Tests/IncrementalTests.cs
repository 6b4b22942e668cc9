using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class IncrementalTests(PackedPackage package)
{
    [Fact]
    public async Task A_build_prunes_once_and_again_only_when_something_that_counts_has_changed()
    {
        using TestApp app = new TestApp(package).WithModel();

        DotNetRun first = (await app.Build()).Succeeded();
        Assert.Equal(1, app.Starts);
        string summary = Assert.Single(first.LinesWith("the fake worker ran"));
        Assert.Contains(Path.Combine("tiny", "report.html"), summary);
        Assert.True(File.Exists(app["obj", "prunetasks", "tiny", "report.html"]));
        Assert.False(Directory.Exists(app["obj", "prunetasks", "tiny", "staging"]));
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());

        // Nothing, a touched model, a comment, another order of keys, another configuration: no worker. With nothing to do one task runs, and no other.
        DotNetRun idle = (await app.Build("-v:d")).Succeeded();
        Assert.Equal(["Using \"DescribeModels\" task"], idle.LinesWith("PruneTasks.Tasks.dll").Where(line => line.StartsWith("Using ", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(" from", StringComparison.Ordinal)]));
        File.SetLastWriteTimeUtc(app["tiny.onnx"], DateTime.UtcNow);
        (await app.Build()).Succeeded();
        app.Write("tiny.prune.yaml", "# a comment\nprune:\n  ratios: {ffn: 0.50}\ndata:\n  personal:\n    path: data\nversion: 1\n");
        (await app.Build()).Succeeded();
        (await app.Build("-c", "Release")).Succeeded();
        Assert.Equal(1, app.Starts);

        app.Write("tiny.prune.yaml", "version: 1\ndata:\n  personal: { path: data }\nprune:\n  ratios: { ffn: 0.25 }\n");
        (await app.Build()).Succeeded();
        Assert.Equal(2, app.Starts);
        app.Write("data/more.png", "another sample");
        (await app.Build()).Succeeded();
        Assert.Equal(3, app.Starts);
        File.WriteAllBytes(app["tiny.onnx"], TinyModel.Identity(width: 700));
        (await app.Build()).Succeeded();
        Assert.Equal(4, app.Starts);
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity(700).Length}", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        (await app.Build("-p:PruneTasksForce=true")).Succeeded();
        Assert.Equal(5, app.Starts);
    }

    [Fact]
    public async Task Switched_off_the_dense_model_is_embedded_and_switched_on_again_the_pruned_one()
    {
        using TestApp app = new TestApp(package).WithModel();

        (await app.Build("-p:PruneTasksEnabled=false")).Succeeded();
        Assert.Equal(0, app.Starts);
        Assert.Contains("PruneTasks.tiny.onnx", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output);

        (await app.Build()).Succeeded();
        Assert.Equal(1, app.Starts);
        string pruned = File.ReadAllText(app["obj", "Debug", "net10.0", "App.PruneTasks.embedded.txt"]);
        Assert.Contains("tiny.pruned.onnx", pruned);
        DateTime compiled = File.GetLastWriteTimeUtc(app["obj", "Debug", "net10.0", "App.dll"]);

        // The dense file is older than the assembly; the compiler must run all the same.
        (await app.Build("-p:PruneTasksEnabled=false")).Succeeded();
        Assert.NotEqual(compiled, File.GetLastWriteTimeUtc(app["obj", "Debug", "net10.0", "App.dll"]));
    }
}
