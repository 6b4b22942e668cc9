using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class OutputTests(PackedPackage package)
{
    [Fact]
    public async Task What_is_published_holds_the_model_and_nothing_of_the_tools()
    {
        using TestApp app = new TestApp(package).WithModel();

        (await app.Run("publish", "-tl:off", "-o", app["out"])).Succeeded();

        Assert.Equal(1, app.Starts);
        foreach (string folder in (string[])[app["out"], app["bin"]])
        {
            string[] names = [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)!)];
            Assert.Contains("PruneTasks.Runtime.dll", names);
            Assert.DoesNotContain(names, name => IsTool(name));
        }

        string dependencies = File.ReadAllText(app["out", "App.deps.json"]);
        Assert.DoesNotContain("torch", dependencies, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("PruneTasks.Tasks", dependencies);
        Assert.DoesNotContain("YamlDotNet", dependencies);
        Assert.Contains("PruneTasks.tiny.onnx", (await app.Run(app["out", "App.dll"])).Succeeded().Output);
        (await app.Run("publish", "--no-build", "-tl:off", "-o", app["out2"])).Succeeded();
        Assert.Equal(1, app.Starts);
    }

    [Fact]
    public async Task A_packed_library_brings_runtime_and_model_but_no_pruning()
    {
        using TestApp library = new TestApp(package, project: "<PropertyGroup><OutputType>Library</OutputType><AssemblyName>Acme.Vision</AssemblyName></PropertyGroup>").WithModel();
        library.Write("Program.cs", "public sealed class Marker;");
        DotNetRun packed = (await library.Run("pack", "-tl:off", "-o", package.Feed, "-p:Version=" + package.Version)).Succeeded();
        Assert.Empty(packed.LinesWith("PRUNE0307"));
        Assert.Equal(1, library.Starts);

        using var app = new TestApp(package);
        app.WithModel("unused");
        string csproj = File.ReadAllText(app["App.csproj"]).Replace("Include=\"PruneTasks\"", "Include=\"Acme.Vision\"");
        app.Write("App.csproj", csproj);
        app.Write("Program.cs", """
            System.Console.WriteLine(string.Join(" ", typeof(Marker).Assembly.GetManifestResourceNames()));
            """);
        (await app.Build()).Succeeded();

        Assert.Equal(0, app.Starts);
        Assert.Equal("PruneTasks.tiny.onnx PruneTasks.tiny.onnx.card.json", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        Assert.True(File.Exists(app["bin", "Debug", "net10.0", "PruneTasks.Runtime.dll"]));
        Assert.False(Directory.Exists(app["obj", "prunetasks"]));

        library.Write("App.csproj", File.ReadAllText(library["App.csproj"]).Replace("<PackageReference ", "<PackageReference PrivateAssets=\"all\" ", StringComparison.Ordinal));
        DotNetRun hidden = (await library.Run("pack", "-tl:off", "-o", library["packed"])).Succeeded();
        Assert.NotEmpty(hidden.LinesWith("warning PRUNE0307"));
    }

    [Fact]
    public async Task A_design_time_build_writes_the_manifest_and_starts_no_worker()
    {
        using TestApp app = new TestApp(package).WithModel();
        (await app.Run("restore")).Succeeded();

        DotNetRun run = await app.Run(
            "msbuild", "-t:Compile", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true",
            "-getItem:CscCommandLineArgs");

        run.Succeeded();
        Assert.Equal(0, app.Starts);
        Assert.Contains("/additionalfile:", run.Output);
        Assert.Contains("tiny.manifest.json", run.Output);
        Assert.Contains("PruneTasks.Generator.dll", run.Output);
        Assert.True(File.Exists(app["obj", "prunetasks", "tiny", "tiny.manifest.json"]));
        Assert.DoesNotContain("pruned.onnx", run.Output);
    }

    [Fact]
    public async Task A_wrong_spec_is_only_a_warning_in_a_design_time_build()
    {
        using TestApp app = new TestApp(package).WithModel(spec: "version: 1\nmodle: tiny.onnx\n");
        (await app.Run("restore")).Succeeded();

        DotNetRun run = await app.Run(
            "msbuild", "-t:Compile", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true");

        run.Succeeded();
        Assert.Contains("warning PRUNE0002", run.Output);
    }

    // No semicolon: NuGet's own restore refuses such a folder.
    [Theory]
    [InlineData("mit Leerzeichen und größe")]
    [InlineData("odd @ 50 % (x) $y '")]
    public async Task Odd_paths_work(string folder)
    {
        using TestApp app = new TestApp(package, folder).WithModel("mein modell ß");

        (await app.Build()).Succeeded();

        Assert.Equal(1, app.Starts);
        Assert.Contains("PruneTasks.mein modell ß.onnx", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output);
        (await app.Build()).Succeeded();
        Assert.Equal(1, app.Starts);
    }

    [Fact]
    public async Task An_item_of_the_project_says_more_than_the_pattern()
    {
        using TestApp app = new TestApp(package, project: """
            <ItemGroup><PruneModel Include="models/net.onnx" Spec="specs/vision.prune.yaml" ClassName="Eye" /></ItemGroup>
            """);
        app.Write("specs/vision.prune.yaml", "version: 1\nmodel: ../absent.onnx\ndata: { personal: { path: ../data } }\n");
        app.Write("data/sample.png", "");
        app.Write("models/.keep", "");
        File.WriteAllBytes(app["models", "net.onnx"], TinyModel.Identity());

        (await app.Build()).Succeeded();

        string request = Assert.Single(File.ReadAllLines(app["specs", "fake-worker.log"]));
        Assert.Contains("net.onnx", request);
        Assert.Contains("\"Eye\"", request);
        Assert.Contains("\"Eye\"", File.ReadAllText(app["obj", "prunetasks", "vision", "vision.manifest.json"]));
    }

    private static bool IsTool(string name) =>
        name.Contains("torch", StringComparison.OrdinalIgnoreCase) || name.Contains("Yaml", StringComparison.Ordinal)
        || (name.StartsWith("PruneTasks.", StringComparison.Ordinal) && name.EndsWith(".dll", StringComparison.Ordinal) && name != "PruneTasks.Runtime.dll");
}
