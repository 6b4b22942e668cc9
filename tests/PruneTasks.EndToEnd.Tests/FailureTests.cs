using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
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
        app.HasNothingPruned();
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
        app.HasNothingPruned();
        app.Write("fake-worker.mode", "ok");
        (await app.Build()).Succeeded();
        Assert.Equal(2, app.Starts);
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
        int worker = await Waiting.ForWorker(app, output);

        build.Kill();

        await Waiting.Until(() => !Waiting.IsAlive(worker), "the worker ends", output, seconds: 10);
    }

    [Fact]
    public async Task A_time_limit_stops_the_worker_and_keeps_the_build_from_hanging()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "hang");

        DotNetRun run = (await app.Build("-p:PruneTasksTimeout=0.05")).Failed();

        Assert.NotEmpty(run.LinesWith("error PRUNE0916"));
        app.HasNothingPruned();
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
    public async Task Too_little_memory_is_an_error_with_advice_and_leaves_nothing()
    {
        using TestApp app = GlyphsApp.New(package, GlyphsApp.AtOnce);
        (await app.Run("restore")).Succeeded();
        // The worker as it ships, on a machine that gives it 24 MB of managed memory (.NET's own limit: System.GC.HeapHardLimit).
        string shipped = Path.Combine(package.Packages, "prunetasks", package.Version, "tools", "net8.0");
        Directory.CreateDirectory(app["worker"]);
        foreach (string file in Directory.GetFiles(shipped))
            File.Copy(file, app["worker", Path.GetFileName(file)]);
        string configuration = app["worker", "PruneTasks.Worker.runtimeconfig.json"];
        JsonNode json = JsonNode.Parse(File.ReadAllText(configuration))!;
        JsonObject properties = json["runtimeOptions"]!["configProperties"]?.AsObject() ?? [];
        properties["System.GC.HeapHardLimit"] = 24 << 20;
        json["runtimeOptions"]!["configProperties"] = properties.DeepClone();
        File.WriteAllText(configuration, json.ToJsonString());

        DotNetRun run = (await app.Build("-p:_PruneTasksWorkerAssembly=" + app["worker", "PruneTasks.Worker.dll"])).Failed();

        Assert.NotEmpty(run.LinesWith("error PRUNE0905"));
        Assert.Empty(run.LinesWith("PRUNE0901"));
        Assert.Empty(Directory.GetFiles(app["obj", "prunetasks", "glyphs"], "*.onnx", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(app["obj", "prunetasks", "glyphs", "staging"]));
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
}
