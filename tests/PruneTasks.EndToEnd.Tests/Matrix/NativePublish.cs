using System.Diagnostics;
using System.Runtime.InteropServices;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>What publishing for one platform needs from the machine.</summary>
internal static class NativePublish
{
    /// <summary>
    /// Brings what the SDK downloads for a publish into the machine's own folder, as it does for everybody: once per machine. The apps of a run use that
    /// folder as a fallback.
    /// </summary>
    /// <param name="properties">Those of the publish.</param>
    /// <param name="packages">Packages of the app, with their versions.</param>
    /// <returns>Identifier of this machine's platform.</returns>
    /// <exception cref="NotRunException">The package source does not offer it.</exception>
    public static async Task<string> BringPacks(string[] properties, IReadOnlyDictionary<string, string>? packages = null)
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string rid = system + "-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        using var folder = new TemporaryFolder();
        folder.Write("Packs.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup>{References(packages ?? new Dictionary<string, string>())}</ItemGroup>
            </Project>
            """);
        var environment = new Dictionary<string, string> { ["NUGET_PACKAGES"] = PackedPackage.MachinePackages };
        DotNetRun run = await DotNet.Run(folder.Path, ["restore", "-tl:off", "-r", rid, .. properties], environment);
        NotRunException.Unless(run.ExitCode == 0, "the package source does not offer what the SDK needs for it: " + run.LinesWith("error ").FirstOrDefault());
        return rid;
    }

    /// <summary>References of a project file.</summary>
    public static string References(IReadOnlyDictionary<string, string> packages) =>
        string.Concat(packages.Select(package => $"""<PackageReference Include="{package.Key}" Version="{package.Value}" />"""));

    /// <summary>Arguments by which native AOT finds a linker: the SDK asks for clang; gcc links as well.</summary>
    /// <exception cref="NotRunException">There is none.</exception>
    public static string[] Linker()
    {
        if (!OperatingSystem.IsLinux())
            return [];
        string? found = new[] { "clang", "gcc" }.FirstOrDefault(name =>
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name))));
        NotRunException.Unless(found is not null, "neither clang nor gcc is on the path");
        return found == "clang" ? [] : ["-p:CppCompilerAndLinker=gcc"];
    }

    /// <summary>What the published program prints.</summary>
    public static async Task<string> Start(string folder)
    {
        string program = Path.Combine(folder, OperatingSystem.IsWindows() ? "App.exe" : "App");
        using var process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
