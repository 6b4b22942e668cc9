using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>Rows of <c>dotnet build</c> itself.</summary>
internal static class BuildRows
{
    private const string NotPruned = "no worker starts";

    public static async Task OneProject(MatrixRows rows)
    {
        using TestApp app = new TestApp(rows.Package).WithModel();
        await rows.Row("`dotnet build`", "pruned once; the app finds the model", async () =>
        {
            (await app.Run("build", "-tl:off")).Succeeded();
            Assert.Equal(1, app.Starts);
            await app.Prints(BuildMatrix.Tiny());
        });
        await Again("`dotnet build` again", "build");
        await Again("`dotnet build --no-restore`", "build", "--no-restore");
        await Again("`dotnet build --no-incremental`", "build", "--no-restore", "--no-incremental");
        await Again("`dotnet msbuild -t:Rebuild`", "msbuild", "-t:Rebuild");
        await rows.Row("`dotnet build -c Release` after Debug", "the model of Debug is taken", async () =>
        {
            (await app.Build("-c", "Release")).Succeeded();
            Assert.Equal(1, app.Starts);
            await app.Prints(BuildMatrix.Tiny(), "bin/Release/net10.0/App.dll");
        });
        await rows.Row("`dotnet clean`, `dotnet build`", "`obj/prunetasks` goes; the model comes from the cache", async () =>
        {
            (await app.Run("clean")).Succeeded();
            Assert.False(Directory.Exists(app["obj", "prunetasks"]));
            DotNetRun again = (await app.Build()).Succeeded();
            Assert.NotEmpty(again.LinesWith("(from the cache); report: " + app["obj", "prunetasks", "tiny", "report.html"]));
            Assert.Equal(1, app.Starts);
            Assert.False(Directory.Exists(app["obj", "prunetasks", "tiny", "staging"]));
            await app.Prints(BuildMatrix.Tiny());
        });
        await rows.Row("the same without the cache", "pruned again", async () =>
        {
            (await app.Run("clean")).Succeeded();
            (await app.Build("-p:PruneTasksCache=false")).Succeeded();
            Assert.Equal(2, app.Starts);
        });

        Task Again(string way, params string[] command) => rows.Row(way, NotPruned, async () =>
        {
            (await app.Run([.. command, "-tl:off"])).Succeeded();
            Assert.Equal(1, app.Starts);
            await app.Prints(BuildMatrix.Tiny());
        });
    }

    public static async Task Frameworks(MatrixRows rows)
    {
        using TestApp app = new TestApp(rows.Package, frameworks: "net8.0;net10.0").WithModel().WithModel("other", width: 8);
        int before = 0;
        await rows.Row("two frameworks, two models: `dotnet build -m`", "one prune for each model", async () =>
        {
            (await app.Build("-m")).Succeeded();
            await Check(2);
        });
        await rows.Row("the same again", NotPruned, async () =>
        {
            (await app.Build("-m")).Succeeded();
            await Check(0);
        });
        // Forced: each build has to prune, and each model once.
        foreach (string[] options in (string[][])[["-m:1"], ["-graph"], ["-graph", "-isolate"], ["-mt"]])
        {
            await rows.Row($"two frameworks, `{string.Join(' ', options)}`, forced", "one prune for each model", async () =>
            {
                DotNetRun run = await app.Build(["-p:PruneTasksForce=true", .. options]);
                NotRunException.Unless(run.ExitCode == 0 || !run.Output.Contains("MSB1001", StringComparison.Ordinal), "this SDK does not know the option");
                run.Succeeded();
                await Check(2);
            });
        }

        async Task Check(int starts)
        {
            Assert.Equal(before + starts, app.Starts);
            before = app.Starts;
            Assert.True(new FileInfo(app["bin", "Debug", "net8.0", "App.dll"]).Length > 0);
            string output = (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output;
            Assert.Contains(BuildMatrix.Tiny(), output);
            Assert.Contains(BuildMatrix.Tiny(8, "other"), output);
        }
    }

    public static Task SameMoment(MatrixRows rows) =>
        // PruneModels alone: two compilers of one project would disturb each other with or without this package.
        rows.Row("two builds of one project at the same moment (`-t:PruneModels`)", "one of them prunes", async () =>
        {
            using TestApp app = new TestApp(rows.Package).WithModel();
            app.Write("fake-worker.mode", "slow");
            (await app.Run("restore")).Succeeded();

            DotNetRun[] runs = await Task.WhenAll(app.Run("msbuild", "-t:PruneModels", "-v:n"), app.Run("msbuild", "-t:PruneModels", "-v:n"));

            foreach (DotNetRun run in runs)
                run.Succeeded();
            Assert.Equal(1, app.Starts);
        });

    public static async Task Editors(MatrixRows rows)
    {
        using TestApp app = new TestApp(rows.Package).WithModel();
        (await app.Run("restore")).Succeeded();
        await rows.Row("design-time build on an empty `obj`", "manifest and generator are there; no worker starts", async () =>
        {
            DotNetRun run = (await DesignTime("-getItem:CscCommandLineArgs")).Succeeded();
            Assert.Equal(0, app.Starts);
            Assert.Contains("/additionalfile:", run.Output);
            Assert.Contains("tiny.manifest.json", run.Output);
            Assert.Contains("PruneTasks.Generator.dll", run.Output);
            Assert.True(File.Exists(app["obj", "prunetasks", "tiny", "tiny.manifest.json"]));
            Assert.DoesNotContain("pruned.onnx", run.Output);
        });
        await rows.Row("what project caches and up-to-date checks are told", "spec, model and data, and what they are compared with", async () =>
        {
            string told = (await DesignTime("-getItem:PruneModelInput", "-getItem:UpToDateCheckInput", "-getItem:UpToDateCheckBuilt")).Succeeded().Output;
            JsonNode items = JsonNode.Parse(told)!["Items"]!;
            Assert.Contains("tiny.onnx", Names("PruneModelInput", ""));
            Assert.Contains("sample.png", Names("UpToDateCheckInput", "PruneTasksPruned"));
            Assert.Contains("tiny.prune.yaml", Names("UpToDateCheckInput", "PruneTasksDescribed"));
            Assert.Equal(["tiny.stamp.txt"], Names("UpToDateCheckBuilt", "PruneTasksPruned"));

            string[] Names(string item, string set) =>
                [.. items[item]!.AsArray().Where(i => ((string?)i!["Set"] ?? "") == set).Select(i => Path.GetFileName((string)i!["Identity"]!))];
        });
        await rows.Row("design-time build with an error in the spec", "a warning: an editor keeps the project", async () =>
        {
            app.Write("tiny.prune.yaml", "version: 1\nmodle: tiny.onnx\n");
            Assert.Contains("warning PRUNE0002", (await DesignTime()).Succeeded().Output);
        });

        Task<DotNetRun> DesignTime(params string[] more) =>
            app.Run(["msbuild", "-t:Compile", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", .. more]);
    }
}
