using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace PruneTasks.Compiling.Tests;

/// <summary>What an app of a target framework is compiled against.</summary>
internal static class Frameworks
{
    /// <summary>The framework that the tests run on.</summary>
    public static readonly ImmutableArray<MetadataReference> Net10 =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name is "netstandard.dll" or "mscorlib.dll" or "Microsoft.ML.OnnxRuntime.dll" or "PruneTasks.Runtime.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Null where the SDK has its reference assemblies somewhere else than in the folder of packages.</summary>
    public static readonly ImmutableArray<MetadataReference>? Net8 = FindNet8();

    private static ImmutableArray<MetadataReference>? FindNet8()
    {
        string[] folders = [Path.Combine(Metadata("Packages"), "microsoft.netcore.app.ref"), Path.Combine(DotNetRoot(), "packs", "Microsoft.NETCore.App.Ref")];
        string? framework = folders.Where(Directory.Exists).SelectMany(folder => Directory.GetDirectories(folder, "8.0.*"))
            .Select(version => Path.Combine(version, "ref", "net8.0")).Where(Directory.Exists).Order(StringComparer.Ordinal).LastOrDefault();
        if (framework is null)
            return null;
        string onnxRuntime = Net10.Select(reference => ((PortableExecutableReference)reference).FilePath!).Single(path => Path.GetFileName(path) == "Microsoft.ML.OnnxRuntime.dll");
        return [.. Directory.GetFiles(framework, "*.dll").Append(Metadata("RuntimeForNet8")).Append(onnxRuntime).Select(path => MetadataReference.CreateFromFile(path))];
    }

    private static string DotNetRoot() => Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string Metadata(string key) =>
        typeof(Frameworks).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
