using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>Rows on where a project lies and what surrounds it.</summary>
internal static class PlaceRows
{
    // No semicolon in the folder of the project: NuGet's own restore refuses it.
    private const string Folder = "größe @ 50 % (x) & $y '";
    private const string Model = "mein modell ß @(1); %41 & 'a'";
    private const string Data = "d @ %20; (ü) & 'x'";
    private const string Cache = ".cache @ %41; (é) & 'x'";

    public static async Task Paths(MatrixRows rows)
    {
        // A property of a project file is read with MSBuild's escapes.
        string cache = Cache.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3b", StringComparison.Ordinal).Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("@", "%40", StringComparison.Ordinal).Replace("(", "%28", StringComparison.Ordinal).Replace(")", "%29", StringComparison.Ordinal);
        using TestApp app = new TestApp(rows.Package, Folder, cache: cache).WithModel(Model, spec: $"version: 1\ndata:\n  personal: {{ path: \"{Data}\" }}\nprune:\n  ratios: {{ ffn: 0.5 }}\n");
        app.Write(Path.Combine(Data, "sample.png"), "not looked at by the fake worker");
        await rows.Row("blanks, `@ ; % ( ) ' & $` and non-ASCII in the paths of project, model, data and cache", "pruned once, and not again", async () =>
        {
            (await app.Build()).Succeeded();
            await app.Prints(BuildMatrix.Tiny(name: Model));
            (await app.Build()).Succeeded();
            Assert.Equal(1, app.Starts);
        });
        await rows.Row("the same paths, after `dotnet clean`", "the model comes from the cache", async () =>
        {
            Assert.Single(Directory.GetFiles(app[Cache], "model.onnx", SearchOption.AllDirectories));
            (await app.Run("clean")).Succeeded();
            (await app.Build()).Succeeded();
            Assert.Equal(1, app.Starts);
            await app.Prints(BuildMatrix.Tiny(name: Model));
        });
        await rows.Row("the same paths, other data", "pruned again", async () =>
        {
            app.Write(Path.Combine(Data, "more.png"), "another sample");
            (await app.Build()).Succeeded();
            Assert.Equal(2, app.Starts);
        });
    }

    public static Task ReadOnlySources(MatrixRows rows) => rows.Row("read-only sources, `ArtifactsPath` elsewhere", "built twice, pruned once; nothing is written beside the sources", async () =>
    {
        NotRunException.Unless(await OwnMounts.Run("true") == 0, "no file system of its own (unshare)");
        using TestApp app = new TestApp(rows.Package).WithModel();
        using var outputs = new TemporaryFolder();
        string[] before = Files(app);
        string build = $"dotnet build App.csproj -tl:off -p:ArtifactsPath='{outputs["artifacts"]}' -p:PruneTasksCachePath='{outputs["cache"]}' > '{outputs["log.txt"]}' 2>&1";

        int code = await OwnMounts.Run(
            $"mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && export FAKE_WORKER_LOG='{outputs["starts"]}' && ! touch here 2>/dev/null && {build} && {build}", app.Folder);

        Assert.True(code == 0, File.Exists(outputs["log.txt"]) ? await File.ReadAllTextAsync(outputs["log.txt"]) : "no log");
        Assert.Single(await File.ReadAllLinesAsync(outputs["starts"]));
        await app.Prints(BuildMatrix.Tiny(), Assert.Single(Directory.GetFiles(outputs["artifacts", "bin"], "App.dll", SearchOption.AllDirectories)));
        Assert.Equal(before, Files(app));
    });

    public static async Task SharedCaches(MatrixRows rows)
    {
        using TestApp app = new TestApp(rows.Package).WithModel();
        using var shared = new TemporaryFolder();
        string cache = $"-p:PruneTasksCachePath='{shared["cache"]}'", build = $"dotnet build --no-restore -tl:off {cache} >> '{shared["log.txt"]}' 2>&1";
        (await app.Run("build", "-tl:off", "-p:PruneTasksCachePath=" + shared["cache"])).Succeeded();
        await rows.Row("a shared cache that may only be read", "results are taken from it; what is missing is pruned, with a message (PRUNE0915)", async () =>
        {
            NotRunException.Unless(await OwnMounts.Run("true") == 0, "no file system of its own (unshare)");
            (await app.Run("clean")).Succeeded();
            string readOnly = $"mount --bind '{shared["cache"]}' '{shared["cache"]}' && mount -o remount,ro,bind '{shared["cache"]}'";
            await Expect($"{readOnly} && {build} && echo again > data/sample.png && {build}", starts: 2);
            string log = await File.ReadAllTextAsync(shared["log.txt"]);
            Assert.Contains("(from the cache)", log, StringComparison.Ordinal);
            Assert.Contains("PRUNE0915", log, StringComparison.Ordinal);
        });
        await rows.Row("a cache on a full disk", "pruned, with a message (PRUNE0915); nothing half-written is left there", async () =>
        {
            NotRunException.Unless(await OwnMounts.Run("true") == 0, "no file system of its own (unshare)");
            app.Write("data/sample.png", "for a full disk");
            File.WriteAllBytes(app["tiny.onnx"], [.. TinyModel.Identity(), .. TinyModel.Padding(1 << 20)]);
            await Expect($"mount -t tmpfs -o size=512k none '{shared["cache"]}' && {build} && ! find '{shared["cache"]}' -name '*.onnx' | grep .", starts: 3);
            Assert.Contains("PRUNE0915", await File.ReadAllTextAsync(shared["log.txt"]), StringComparison.Ordinal);
        });
        await rows.Row("a cache that cannot be reached", "pruned, with a message (PRUNE0915)", async () =>
        {
            app.Write("data/sample.png", "for a cache that is not there");
            DotNetRun run = (await app.Build("-p:PruneTasksCachePath=" + (OperatingSystem.IsWindows() ? @"\\127.0.0.1\nowhere\cache" : "/proc/nowhere/cache"), "-warnaserror")).Succeeded();
            Assert.NotEmpty(run.LinesWith("PRUNE0915"));
            Assert.Equal(4, app.Starts);
        });

        async Task Expect(string script, int starts)
        {
            File.Delete(shared["log.txt"]);
            int code = await OwnMounts.Run(script, app.Folder);
            Assert.True(code == 0, File.Exists(shared["log.txt"]) ? await File.ReadAllTextAsync(shared["log.txt"]) : "no log");
            Assert.Equal(starts, app.Starts);
        }
    }

    public static Task CentralPackages(MatrixRows rows) => rows.Row("central package management, lock file, locked restore", "the lock file does not change, and does not name libtorch", async () =>
    {
        using TestApp app = new TestApp(rows.Package).WithModel();
        app.Write("App.csproj", File.ReadAllText(app["App.csproj"]).Replace($" Version=\"{rows.Package.Version}\"", "", StringComparison.Ordinal));
        app.Write("Directory.Packages.props", $"""
            <Project>
              <PropertyGroup>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
                <CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>
                <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
              </PropertyGroup>
              <ItemGroup><PackageVersion Include="PruneTasks" Version="{rows.Package.Version}" /></ItemGroup>
            </Project>
            """);
        (await app.Run("restore")).Succeeded();
        string locked = File.ReadAllText(app["packages.lock.json"]);
        Assert.DoesNotContain("torch", locked, StringComparison.OrdinalIgnoreCase);
        Directory.Delete(app["obj"], recursive: true);

        (await app.Run("build", "-tl:off", "-p:RestoreLockedMode=true")).Succeeded();

        Assert.Equal(1, app.Starts);
        Assert.Equal(locked, File.ReadAllText(app["packages.lock.json"]));
        await app.Prints(BuildMatrix.Tiny());
    });

    public static async Task PackageSource(MatrixRows rows)
    {
        using TestApp app = new TestApp(rows.Package).WithModel();
        (await app.Run("restore")).Succeeded();
        await rows.Row("package source does not offer libtorch", "NuGet's error, and PRUNE0906 with the `PackageDownload` line", () => Check("NU110"));
        await rows.Row("package source unreachable", "NuGet's error, and PRUNE0906 with the `PackageDownload` line", async () =>
        {
            // Port 9 (discard) is closed on this machine, and closed is as unreachable as it gets without waiting.
            app.Write("nuget.config", TestApp.Configuration(rows.Package).Replace($"value=\"{rows.Package.Feed}\"", "value=\"http://127.0.0.1:9/index.json\" allowInsecureConnections=\"true\"", StringComparison.Ordinal));
            await Check("NU1301");
        });

        async Task Check(string id)
        {
            DotNetRun run = (await app.Run("build", "-tl:off", "--no-restore", "-p:_PruneTasksLibTorchVersion=0.0.1")).Failed();
            string[] errors = [.. run.LinesWith("error ").Select(line => line[line.IndexOf("error ", StringComparison.Ordinal)..])];
            Assert.Contains(errors, error => error.StartsWith("error " + id, StringComparison.Ordinal));
            Assert.Contains(errors, error => error.StartsWith("error PRUNE0906", StringComparison.Ordinal)
                && error.Contains("<PackageDownload Include=\"libtorch-cpu-", StringComparison.Ordinal) && error.Contains("Version=\"[0.0.1]\" />", StringComparison.Ordinal));
            Assert.All(errors, error => Assert.True(error.Contains(id, StringComparison.Ordinal) || error.Contains("PRUNE0906", StringComparison.Ordinal), error));
            Assert.Equal(0, app.Starts);
        }
    }

    public static Task OlderSdk(MatrixRows rows) => rows.Row("SDK of the 8.0 band", "pruned once; the app finds the model", async () =>
    {
        using TestApp app = new TestApp(rows.Package, frameworks: "net8.0").WithModel();
        string[] sdks = [.. (await app.Run("--list-sdks")).Succeeded().Output.Split('\n').Select(line => line.Split(' ')[0]).Where(version => version.StartsWith("8.", StringComparison.Ordinal))];
        NotRunException.Unless(sdks.Length > 0, "no SDK 8 on this machine; what its tasks and generator may refer to is held by `ReferenceTests`");
        app.Write("global.json", $$"""{ "sdk": { "version": "{{sdks[^1]}}" } }""");
        (await app.Build()).Succeeded();
        Assert.Equal(1, app.Starts);
        await app.Prints(BuildMatrix.Tiny(), "bin/Debug/net8.0/App.dll");
    });

    private static string[] Files(TestApp app) => [.. Directory.GetFileSystemEntries(app.Folder, "*", SearchOption.AllDirectories).Order()];
}
