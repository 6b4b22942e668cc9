using System.Globalization;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>
/// The package as an app gets it: packed once per run, under a version of its own, into a folder that serves as package source. Its NuGet
/// folder is new too; the machine's own one is only a fallback, so that nothing big is downloaded.
/// </summary>
public sealed partial class PackedPackage : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new("package");

    /// <summary>Version of the package.</summary>
    public string Version { get; } = "0.1.0-test." + DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    /// <summary>Folder that is the package source.</summary>
    public string Feed => _folder["feed"];

    /// <summary>NuGet's folder for the apps of this run.</summary>
    public string Packages => _folder["packages"];

    /// <summary>The machine's NuGet folder.</summary>
    public static string MachinePackages =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The package file.</summary>
    public string File => Path.Combine(Feed, $"PruneTasks.{Version}.nupkg");

    /// <summary>Packs it.</summary>
    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Packages);
        DotNetRun run = await DotNet.Run(Repository.Root, ["pack", "src/PruneTasks", "-c", "Release", "-o", Feed, "-p:PruneTasksPackageVersion=" + Version]);
        run.Succeeded();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
