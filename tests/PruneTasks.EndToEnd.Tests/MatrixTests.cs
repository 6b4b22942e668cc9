using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Ways to build that other tests do not take anyway.</summary>
public sealed class MatrixTests(PackedPackage package)
{
    [Theory]
    [InlineData("-graph")]
    [InlineData("-graph", "-isolate")]
    [InlineData("-mt")]
    public async Task Two_frameworks_share_one_prune_with(params string[] options)
    {
        using TestApp app = new TestApp(package, frameworks: "net8.0;net10.0").WithModel();
        (await app.Run("restore")).Succeeded();

        DotNetRun run = await app.Run(["build", "--no-restore", "-tl:off", .. options]);

        Assert.SkipWhen(run.ExitCode != 0 && run.Output.Contains("MSB1001", StringComparison.Ordinal), "this SDK does not know the option");
        run.Succeeded();
        Assert.Equal(1, app.Starts);
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        Assert.True(File.Exists(app["bin", "Debug", "net8.0", "App.dll"]));
    }

    [Fact]
    public async Task A_read_only_source_tree_builds_with_its_outputs_elsewhere()
    {
        Assert.SkipUnless(await OwnMounts.Run("true") == 0, "needs a file system of its own (unshare)");
        using TestApp app = new TestApp(package).WithModel();
        using var outputs = new TemporaryFolder();
        string[] before = Files(app);
        string build = $"dotnet build App.csproj -tl:off -p:ArtifactsPath='{outputs["artifacts"]}' -p:PruneTasksCachePath='{outputs["cache"]}' > '{outputs["log.txt"]}' 2>&1";

        int code = await OwnMounts.Run(
            $"mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && export FAKE_WORKER_LOG='{outputs["starts"]}' && ! touch here 2>/dev/null && {build} && {build}", app.Folder);

        Assert.True(code == 0, File.Exists(outputs["log.txt"]) ? await File.ReadAllTextAsync(outputs["log.txt"], TestContext.Current.CancellationToken) : "no log");
        Assert.Single(await File.ReadAllLinesAsync(outputs["starts"], TestContext.Current.CancellationToken));
        string assembly = Assert.Single(Directory.GetFiles(outputs["artifacts", "bin"], "App.dll", SearchOption.AllDirectories));
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await app.Run(assembly)).Succeeded().Output.Trim());
        Assert.Equal(before, Files(app));
    }

    [Fact]
    public async Task Central_package_management_with_a_lock_file_works()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("App.csproj", File.ReadAllText(app["App.csproj"]).Replace($" Version=\"{package.Version}\"", "", StringComparison.Ordinal));
        app.Write("Directory.Packages.props", $"""
            <Project>
              <PropertyGroup>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
                <CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>
                <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
              </PropertyGroup>
              <ItemGroup><PackageVersion Include="PruneTasks" Version="{package.Version}" /></ItemGroup>
            </Project>
            """);
        (await app.Run("restore")).Succeeded();
        string locked = File.ReadAllText(app["packages.lock.json"]);
        Assert.DoesNotContain("torch", locked, StringComparison.OrdinalIgnoreCase);
        Directory.Delete(app["obj"], recursive: true);

        (await app.Run("build", "-tl:off", "-p:RestoreLockedMode=true")).Succeeded();

        Assert.Equal(1, app.Starts);
        Assert.Equal(locked, File.ReadAllText(app["packages.lock.json"]));
        Assert.Contains("PruneTasks.tiny.onnx", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output);
    }

    [Fact]
    public async Task A_single_file_that_needs_no_runtime_holds_the_model()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Directory.Exists(Path.Combine(PackedPackage.MachinePackages, "microsoft.netcore.app.runtime.linux-x64")), "the runtime's package is not on this machine");
        using TestApp app = new TestApp(package).WithModel();
        (await app.Build()).Succeeded();

        DotNetRun run = await app.Run("publish", "-tl:off", "-r", "linux-x64", "--self-contained", "-p:PublishSingleFile=true", "-p:UseAppHost=true", "-o", app["out"]);

        Assert.SkipWhen(run.LinesWith("NU110").Count > 0, "another version of the runtime's package is on this machine");
        run.Succeeded();
        Assert.Equal(1, app.Starts);
        using var published = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(app["out", "App"]) { RedirectStandardOutput = true })!;
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await published.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
    }

    private static string[] Files(TestApp app) => [.. Directory.GetFileSystemEntries(app.Folder, "*", SearchOption.AllDirectories).Order()];
}
