using System.IO.Compression;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Another flavour of ONNX Runtime beside the one that the package brings.</summary>
public sealed class FlavourTests(PackedPackage package)
{
    private const string Flavour = "Acme.OnnxRuntime.Flavour";

    [Fact]
    public async Task Two_native_libraries_of_one_name_are_reported_and_one_is_no_problem()
    {
        WritePackage();
        using TestApp app = new TestApp(package, project: $"""
            <ItemGroup>
              <PackageReference Include="{Flavour}" Version="1.0.0" />
              <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="1.31.1" ExcludeAssets="$(Without)" />
            </ItemGroup>
            """).WithModel();

        DotNetRun both = (await app.Build("-p:RuntimeIdentifier=linux-x64", "-p:SelfContained=false")).Succeeded();
        string warning = Assert.Single(both.LinesWith("warning PRUNE0302").Distinct());
        Assert.Contains(Flavour, warning);
        Assert.Contains("Microsoft.ML.OnnxRuntime", warning);

        (await app.Run("restore", "-p:Without=native", "-p:RuntimeIdentifier=linux-x64")).Succeeded();
        DotNetRun one = (await app.Build("-p:Without=native", "-p:RuntimeIdentifier=linux-x64", "-p:SelfContained=false")).Succeeded();
        Assert.Empty(one.LinesWith("PRUNE0302"));
        Assert.Equal("another flavour", File.ReadAllText(app["bin", "Debug", "net10.0", "linux-x64", "libonnxruntime.so"]));
    }

    private void WritePackage()
    {
        using ZipArchive archive = ZipFile.Open(Path.Combine(package.Feed, Flavour + ".1.0.0.nupkg"), ZipArchiveMode.Create);
        Write(Flavour + ".nuspec", $"""
            <package><metadata><id>{Flavour}</id><version>1.0.0</version><authors>Acme</authors><description>a stand-in</description></metadata></package>
            """);
        Write("runtimes/linux-x64/native/libonnxruntime.so", "another flavour");

        void Write(string path, string text)
        {
            using StreamWriter writer = new(archive.CreateEntry(path).Open());
            writer.Write(text);
        }
    }
}
