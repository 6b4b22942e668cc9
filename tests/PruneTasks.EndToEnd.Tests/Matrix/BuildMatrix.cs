namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>
/// All ways to build that are promised (docs/benchmarks/build.md). Tests run them, and so does the command <c>matrix</c> of the benchmarks, which prints them
/// as a table. Apart in three lists, so that tests can run them side by side.
/// </summary>
internal static class BuildMatrix
{
    /// <summary>What <c>dotnet build</c> can be told, with one framework and with several.</summary>
    public static readonly IReadOnlyList<MatrixGroup> Builds =
    [
        new("one project", BuildRows.OneProject), new("frameworks", BuildRows.Frameworks), new("same moment", BuildRows.SameMoment), new("editors", BuildRows.Editors),
    ];

    /// <summary>What leaves the project: publish and pack.</summary>
    public static readonly IReadOnlyList<MatrixGroup> Outputs = [new("publish", PublishRows.Publish), new("a model of every task", PublishRows.FourKinds), new("pack", PublishRows.Pack)];

    /// <summary>Where a project may lie, and what surrounds it.</summary>
    public static readonly IReadOnlyList<MatrixGroup> Places =
    [
        new("paths", PlaceRows.Paths), new("read-only sources", PlaceRows.ReadOnlySources), new("shared caches", PlaceRows.SharedCaches), new("central packages", PlaceRows.CentralPackages),
        new("package source", PlaceRows.PackageSource), new("project cache", ProjectCacheRows.ProjectCache), new("older SDK", PlaceRows.OlderSdk),
    ];

    /// <summary>All groups.</summary>
    public static IEnumerable<MatrixGroup> All => [.. Builds, .. Outputs, .. Places];

    /// <summary>What an app with the tiny model prints.</summary>
    public static string Tiny(int width = 4, string name = "tiny") =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"PruneTasks.{name}.onnx {BuildTesting.TinyModel.Identity(width).Length}");

    /// <summary>Asserts what an app prints.</summary>
    public static async Task Prints(this TestApp app, string expected, string assembly = "bin/Debug/net10.0/App.dll") =>
        Assert.Equal(expected, (await app.Run(assembly)).Succeeded().Output.Trim());
}
