using PruneTasks.BuildTesting;
using PruneTasks.Tasks.Running;

namespace PruneTasks.Tasks.Tests;

public sealed class DotNetHostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_host_of_the_build_wins_then_the_sdk_then_the_path()
    {
        string host = _folder.Write("host/my-dotnet", "");
        string sdk = _folder.Write("sdk/" + DotNetHost.FileName, "");
        string onPath = _folder.Write("bin/" + DotNetHost.FileName, "");
        string path = string.Join(Path.PathSeparator, _folder["nothing"], "", _folder["bin"]);

        Assert.Equal(host, DotNetHost.Find(host, _folder["sdk"], path));
        Assert.Equal(sdk, DotNetHost.Find(_folder["gone"], _folder["sdk"], path));
        Assert.Equal(sdk, DotNetHost.Find("", _folder["sdk"] + Path.DirectorySeparatorChar, path));
        Assert.Equal(onPath, DotNetHost.Find(null, "", path));
        Assert.Null(DotNetHost.Find(null, null, _folder["nothing"]));
        Assert.Null(DotNetHost.Find(null, null, null));
    }
}
