using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>An app outside the repository that references the packed package.</summary>
internal sealed class TestApp : IDisposable
{
    /// <summary>Prints the embedded models, one line each: resource name and length. Not their cards.</summary>
    private const string ListResources = """
        using System.Reflection;
        foreach (string name in Assembly.GetExecutingAssembly().GetManifestResourceNames())
        {
            if (name.EndsWith(".card.json")) continue;
            using System.IO.Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
            System.Console.WriteLine(name + " " + stream.Length);
        }
        """;

    private readonly TemporaryFolder _folder;

    public TestApp(PackedPackage package, string folder = "app", string frameworks = "net10.0", string project = "", bool fakeWorker = true, string cache = ".cache")
    {
        _folder = new TemporaryFolder(folder);
        string property = frameworks.Contains(';', StringComparison.Ordinal) ? "TargetFrameworks" : "TargetFramework";
        string worker = fakeWorker ? $"<_PruneTasksWorkerAssembly>{Repository.FakeWorker}</_PruneTasksWorkerAssembly>" : "";
        _folder.Write("App.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <{property}>{frameworks}</{property}>
                <Nullable>enable</Nullable>
                <UseAppHost>false</UseAppHost>
                <RootNamespace>App</RootNamespace>
                <AssemblyName>App</AssemblyName>
                <PruneTasksCachePath Condition="'$(PruneTasksCachePath)' == ''">{cache}</PruneTasksCachePath>
                {worker}
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="PruneTasks" Version="{package.Version}" />
              </ItemGroup>
              {project}
            </Project>
            """);
        _folder.Write("nuget.config", Configuration(package));
        _folder.Write("Program.cs", ListResources);
    }

    /// <summary>A nuget.config by which the package comes from its feed, and all else from the machine's NuGet folder.</summary>
    public static string Configuration(PackedPackage package) => $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{package.Packages}" /></config>
          <fallbackPackageFolders><clear /><add key="machine" value="{PackedPackage.MachinePackages}" /></fallbackPackageFolders>
          <packageSources><clear /><add key="local" value="{package.Feed}" /></packageSources>
        </configuration>
        """;

    /// <summary>The app's folder.</summary>
    public string Folder => _folder.Path;

    /// <summary>Starts of the fake worker whose spec lies in the app's folder.</summary>
    public int Starts => File.Exists(this["fake-worker.log"]) ? File.ReadAllLines(this["fake-worker.log"]).Length : 0;

    /// <summary>A path in the app's folder.</summary>
    public string this[params string[] parts] => _folder[parts];

    /// <summary>A model with its spec.</summary>
    public TestApp WithModel(string name = "tiny", int width = 4, string? spec = null)
    {
        Write(name + ".prune.yaml", spec ?? "version: 1\ndata:\n  personal: { path: data }\nprune:\n  ratios: { ffn: 0.5 }\n");
        File.WriteAllBytes(this[name + ".onnx"], TinyModel.Identity(width));
        Write("data/sample.png", "not looked at by the fake worker");
        return this;
    }

    public string Write(string relative, string text) => _folder.Write(relative, text);

    /// <summary>Runs dotnet in the app's folder.</summary>
    public Task<DotNetRun> Run(params string[] arguments) => DotNet.Run(Folder, arguments);

    /// <summary><c>dotnet build</c> in plain lines; restores the first time only, which saves half a second each.</summary>
    public Task<DotNetRun> Build(params string[] arguments) =>
        Run(["build", "-tl:off", .. File.Exists(this["obj", "project.assets.json"]) ? ["--no-restore"] : (string[])[], .. arguments]);

    public void Dispose() => _folder.Dispose();
}
