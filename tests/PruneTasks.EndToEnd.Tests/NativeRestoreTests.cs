using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class NativeRestoreTests(PackedPackage package)
{
    [Fact]
    public async Task Missing_natives_are_restored_in_the_build_and_stay_out_of_the_app()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "the stand-in package is for linux-x64");
        // Stands in for the real one, under a version that no machine has.
        AddToFeed("libtorch-cpu-linux-x64", "9.9.9", "runtimes/linux-x64/native/libtorch.so");
        using TestApp app = new TestApp(package).WithModel();

        // Properties of the command line reach the nested restore as well; these must not.
        DotNetRun run = (await app.Build(
            "-p:_PruneTasksLibTorchVersion=9.9.9", "-p:SelfContained=false", "-p:NuGetLockFilePath=none.json", "-p:TargetLatestRuntimePatch=false")).Succeeded();

        Assert.NotEmpty(run.LinesWith("downloading libtorch-cpu-linux-x64"));
        JsonNode request = JsonNode.Parse(Assert.Single(File.ReadAllLines(app["fake-worker.log"])))!;
        Assert.Equal(
            Path.Combine(package.Packages, "libtorch-cpu-linux-x64", "9.9.9", "runtimes", "linux-x64", "native"), (string?)request["libtorch"]);
        Assert.True(File.Exists(Path.Combine((string)request["onnxruntime"]!, "libonnxruntime.so")));
        Assert.DoesNotContain("libtorch", File.ReadAllText(app["obj", "project.assets.json"]));
        Assert.DoesNotContain(
            Directory.GetFiles(app["bin"], "*", SearchOption.AllDirectories), file => file.Contains("torch", StringComparison.OrdinalIgnoreCase));

        (await app.Build("-p:_PruneTasksLibTorchVersion=9.9.9")).Succeeded();
        Assert.Equal(1, app.Starts);
    }

    private void AddToFeed(string id, string version, string file)
    {
        using ZipArchive archive = ZipFile.Open(Path.Combine(package.Feed, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        Write($"{id}.nuspec", $"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata><id>{id}</id><version>{version}</version><authors>test</authors><description>test</description></metadata>
            </package>
            """);
        Write(file, "not a library");

        void Write(string name, string text)
        {
            using var writer = new StreamWriter(archive.CreateEntry(name).Open());
            writer.Write(text);
        }
    }
}
