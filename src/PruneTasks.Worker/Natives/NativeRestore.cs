using System.Diagnostics;
using System.Runtime.InteropServices;
using PruneTasks.Torch.Native;

namespace PruneTasks.Worker.Natives;

/// <summary>
/// Brings a package of native libraries into NuGet's folder when the worker is used by hand, with the project that the build uses for it
/// (build/PruneTasks.Natives.proj). In a build this is not needed: the build has done it and names the folders.
/// </summary>
internal static class NativeRestore
{
    /// <summary>Set to 1 or true, nothing is downloaded.</summary>
    public const string OfflineVariable = "PRUNETASKS_OFFLINE";

    private const string Project = "PruneTasks.Natives.proj";

    /// <summary>Restores a package that was not found, if that can and may be done.</summary>
    /// <param name="package">The package.</param>
    /// <param name="say">Told of the download, and of what NuGet says when it fails.</param>
    /// <returns>Whether it is there now.</returns>
    public static bool Try(NativePackage package, Action<string> say)
    {
        if (Environment.GetEnvironmentVariable(OfflineVariable) is "1" or "true") return false;
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string project = Path.Combine(AppContext.BaseDirectory, Project);
        return File.Exists(project) && DotNetHost() is { } host && Restore(host, project, package, Directory.GetCurrentDirectory(), packages, say);
    }

    /// <summary>Restores a package.</summary>
    /// <param name="host">The <c>dotnet</c> program, of an SDK.</param>
    /// <param name="project">The project to restore.</param>
    /// <param name="package">The package.</param>
    /// <param name="configuration">Folder whose NuGet configuration counts.</param>
    /// <param name="packages">NuGet's folder, where it is looked for afterwards.</param>
    /// <param name="say">Told of the download, and of what NuGet says when it fails.</param>
    internal static bool Restore(string host, string project, NativePackage package, string configuration, string packages, Action<string> say)
    {
        say($"downloading {package.Id} {package.Version} (once per machine)");
        DirectoryInfo obj = Directory.CreateTempSubdirectory("prunetasks-natives-");
        try
        {
            using Process process = Start(host, configuration, project,
            [
                ("_PruneTasksPackageId", package.Id),
                ("_PruneTasksPackageVersion", package.Version),
                ("_PruneTasksObj", obj.FullName + "/"),
                ("RestoreRootConfigDirectory", configuration),
                ("RestorePackagesPath", packages),
            ]);
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            if (process.ExitCode == 0) return true;
            foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) say(line);
            return false;
        }
        finally
        {
            obj.Delete(recursive: true);
        }
    }

    private static Process Start(string host, string folder, string project, (string Name, string Value)[] properties)
    {
        var start = new ProcessStartInfo(host) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in (string[])["msbuild", project, "-t:Restore", "-nologo", "-v:quiet", "-tl:off", "-nodeReuse:false"]) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in properties) start.ArgumentList.Add($"-p:{name}={Escape(value)}");
        return Process.Start(start) ?? throw new InvalidOperationException($"'{host}' did not start");
    }

    // On the command line of MSBuild % begins an escape, and ; and , end a property.
    private static string Escape(string value) =>
        value.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);

    /// <summary>The <c>dotnet</c> program of the runtime that runs this process: <c>dotnet/shared/Microsoft.NETCore.App/8.0.0/</c> is where its libraries lie.</summary>
    internal static string? DotNetHost()
    {
        string program = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", program));
        return File.Exists(host) ? host : null;
    }
}
