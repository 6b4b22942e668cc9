using System.IO.Compression;
using PruneTasks.Torch.Native;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Worker.Tests.Natives;

public sealed class NativeRestoreTests : IDisposable
{
    // Stands in for the real one, under a version that no machine has.
    private static readonly NativePackage Package = new("libtorch-cpu-linux-x64", "9.9.9", "libtorch.so", "PRUNETASKS_TEST_NONE");

    private readonly TestFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_package_is_restored_from_the_sources_of_the_current_folder()
    {
        string packages = _folder.File("my packages, 100%");
        _folder.Write("work/nuget.config", $"""<configuration><packageSources><clear /><add key="local" value="{_folder.File("feed")}" /></packageSources></configuration>""");
        Directory.CreateDirectory(_folder.File("feed"));
        Assert.False(Restore(packages));
        Assert.Contains(_said, line => line.Contains("NU110", StringComparison.Ordinal));

        Pack();
        Assert.True(Restore(packages), string.Join('\n', _said));
        NativeSearch search = new() { PackageRoots = [packages] };
        Assert.Equal(Path.Combine(packages, "libtorch-cpu-linux-x64", "9.9.9", "runtimes", "linux-x64", "native"), NativeLocator.Find(Package, "linux-x64", search));
    }

    [Fact]
    public void The_project_for_it_lies_beside_the_worker_and_the_host_is_found()
    {
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "PruneTasks.Natives.proj")));
        Assert.True(File.Exists(NativeRestore.DotNetHost()));
    }

    private bool Restore(string packages) => NativeRestore.Restore(
        NativeRestore.DotNetHost()!, Path.Combine(AppContext.BaseDirectory, "PruneTasks.Natives.proj"), Package, _folder.File("work"), packages, _said.Add);

    private void Pack()
    {
        using ZipArchive archive = ZipFile.Open(Path.Combine(_folder.File("feed"), "libtorch-cpu-linux-x64.9.9.9.nupkg"), ZipArchiveMode.Create);
        Write("libtorch-cpu-linux-x64.nuspec", """
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata><id>libtorch-cpu-linux-x64</id><version>9.9.9</version><authors>test</authors><description>test</description></metadata>
            </package>
            """);
        Write("runtimes/linux-x64/native/libtorch.so", "not a library");

        void Write(string name, string text)
        {
            using var writer = new StreamWriter(archive.CreateEntry(name).Open());
            writer.Write(text);
        }
    }
}
