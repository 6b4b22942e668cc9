using System.Globalization;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>The tool and the templates as people get them: packed once, the tool installed into a folder, the templates into a hive of their own.</summary>
public sealed class PackedTools : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new("tools");

    private string Version { get; } = "0.1.0-test." + DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private string Hive => _folder["hive"];

    /// <summary>Packs and installs.</summary>
    public async ValueTask InitializeAsync()
    {
        string feed = _folder["feed"];
        foreach (string project in (string[])["src/PruneTasks.Tool", "src/PruneTasks.Templates"])
            (await DotNet.Run(Repository.Root, ["pack", project, "-c", "Release", "-o", feed, "-p:PruneTasksPackageVersion=" + Version])).Succeeded();
        string configuration = _folder.Write("nuget.config", $"""<configuration><packageSources><clear /><add key="local" value="{feed}" /></packageSources></configuration>""");
        (await DotNet.Run(_folder.Path, ["tool", "install", "PruneTasks.Tool", "--version", Version, "--tool-path", _folder["bin"], "--configfile", configuration])).Succeeded();
        (await DotNet.Run(_folder.Path, ["new", "install", Path.Combine(feed, $"PruneTasks.Templates.{Version}.nupkg"), "--debug:custom-hive", Hive])).Succeeded();
    }

    /// <summary>The tool's package.</summary>
    internal string ToolPackage => Path.Combine(_folder["feed"], $"PruneTasks.Tool.{Version}.nupkg");

    /// <summary>Runs the installed tool.</summary>
    internal async Task<DotNetRun> Tool(string folder, params string[] arguments)
    {
        // The same assembly that the shim starts, by the dotnet of this machine: the shim looks for one in places that a test machine may not have.
        string assembly = Directory.GetFiles(_folder["bin"], "PruneTasks.Worker.dll", SearchOption.AllDirectories).Single();
        Assert.True(File.Exists(_folder["bin", OperatingSystem.IsWindows() ? "prunetasks.exe" : "prunetasks"]));
        return await DotNet.Run(folder, ["exec", assembly, .. arguments]);
    }

    /// <summary><c>dotnet new</c> with these templates alone.</summary>
    internal Task<DotNetRun> New(string folder, params string[] arguments) => DotNet.Run(folder, ["new", .. arguments, "--debug:custom-hive", Hive]);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
