using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>Rows of <c>dotnet publish</c> and <c>dotnet pack</c>.</summary>
internal static class PublishRows
{
    // Runs the model through the generated class, so that a published app has to bring ONNX Runtime as well.
    private const string Program = """
        using App;
        using Tiny model = new();
        using TinyOutput output = model.Run(new float[] { 1, 2, 3, 4 });
        System.Console.WriteLine("y = " + string.Join(' ', output.Y.Span.ToArray()));
        """;

    private const string Printed = "y = 1 2 3 4";

    public static async Task Publish(MatrixRows rows)
    {
        using TestApp app = new TestApp(rows.Package).WithModel();
        app.Write("Program.cs", Program);
        await rows.Row("`dotnet publish`", "the app runs; nothing of the tools is in `bin`, the publish folder or `.deps.json`", async () =>
        {
            (await app.Run("publish", "-tl:off", "-o", app["out"])).Succeeded();
            foreach (string folder in (string[])[app["out"], app["bin"]])
            {
                string[] names = [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)!)];
                Assert.Contains("PruneTasks.Runtime.dll", names);
                Assert.DoesNotContain(names, IsTool);
            }

            string dependencies = File.ReadAllText(app["out", "App.deps.json"]);
            Assert.All((string[])["torch", "PruneTasks.Tasks", "YamlDotNet"], name => Assert.DoesNotContain(name, dependencies, StringComparison.OrdinalIgnoreCase));
            await app.Prints(Printed, app["out", "App.dll"]);
            Assert.Equal(1, app.Starts);
        });
        await rows.Row("`dotnet publish --no-build`", "no worker starts", async () =>
        {
            (await app.Run("publish", "--no-build", "-tl:off", "-o", app["out2"])).Succeeded();
            await app.Prints(Printed, app["out2", "App.dll"]);
            Assert.Equal(1, app.Starts);
        });
        await Native("`dotnet publish --self-contained`", "-p:SelfContained=true");
        await Native("`dotnet publish -p:PublishSingleFile=true --self-contained`", "-p:SelfContained=true", "-p:PublishSingleFile=true");

        Task Native(string way, params string[] properties) => rows.Row(way, "the program runs; the model of the first row is taken, no worker starts", async () =>
        {
            string rid = await NativePublish.BringPacks(properties);
            string folder = app["native" + properties.Length];
            // Into an obj of its own, the packs would be restored anew; the model's folder lies in obj, so it is shared.
            DotNetRun run = (await app.Run(["publish", "-tl:off", "-r", rid, "-p:UseAppHost=true", .. properties, "-o", folder])).Succeeded();
            Assert.Empty(run.LinesWith("warning IL"));
            Assert.Equal(1, app.Starts);
            Assert.DoesNotContain(Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!), IsTool);
            if (properties.Length > 1)
                Assert.False(File.Exists(Path.Combine(folder, "App.dll")));
            Assert.Equal(Printed, await NativePublish.Start(folder));
        });
    }

    // Trimming alone is a command (docs/benchmarks/build.md): native AOT trims as well.
    public static async Task FourKinds(MatrixRows rows)
    {
        using var app = new FourKindsApp(rows.Package);
        string? expected = null;
        await rows.Row("`dotnet run` of an app with a model of every task, `PublishAot` in its project", "it runs", async () =>
        {
            expected = (await app.Run()).Output;
            Assert.Equal(app.Models, app.Starts);
        });
        await rows.Row("`dotnet publish -p:PublishAot=true` of that app, warnings as errors", "no warning, the same output to the last bit; no worker starts", async () =>
        {
            Assert.Equal(expected, (await app.PublishNative("-p:PublishAot=true")).Output);
            Assert.Equal(app.Models, app.Starts);
        });
    }

    public static async Task Pack(MatrixRows rows)
    {
        using TestApp library = new TestApp(rows.Package, frameworks: "net8.0;net10.0", project: "<PropertyGroup><OutputType>Library</OutputType><AssemblyName>Acme.Vision</AssemblyName></PropertyGroup>").WithModel();
        library.Write("Program.cs", "public sealed class Marker;");
        await rows.Row("`dotnet pack` of a library with two frameworks", "pruned once", async () =>
        {
            DotNetRun packed = (await library.Run("pack", "-tl:off", "-o", rows.Package.Feed, "-p:Version=" + rows.Package.Version)).Succeeded();
            Assert.Empty(packed.LinesWith("PRUNE0307"));
            Assert.Equal(1, library.Starts);
        });
        await rows.Row("an app that consumes that package", "it has model and runtime, and prunes nothing", async () =>
        {
            using var app = new TestApp(rows.Package);
            app.WithModel("unused");
            app.Write("App.csproj", File.ReadAllText(app["App.csproj"]).Replace("Include=\"PruneTasks\"", "Include=\"Acme.Vision\"", StringComparison.Ordinal));
            app.Write("Program.cs", "System.Console.WriteLine(string.Join(' ', typeof(Marker).Assembly.GetManifestResourceNames()));");
            (await app.Build()).Succeeded();
            Assert.Equal(0, app.Starts);
            await app.Prints("PruneTasks.tiny.onnx PruneTasks.tiny.onnx.card.json");
            Assert.True(File.Exists(app["bin", "Debug", "net10.0", "PruneTasks.Runtime.dll"]));
            Assert.False(Directory.Exists(app["obj", "prunetasks"]));
        });
        await rows.Row("`dotnet pack` with `PrivateAssets=\"all\"`", "PRUNE0307", async () =>
        {
            library.Write("App.csproj", File.ReadAllText(library["App.csproj"]).Replace("<PackageReference ", "<PackageReference PrivateAssets=\"all\" ", StringComparison.Ordinal));
            Assert.NotEmpty((await library.Run("pack", "-tl:off", "-o", library["packed"])).Succeeded().LinesWith("warning PRUNE0307"));
        });
    }

    private static bool IsTool(string name) =>
        name.Contains("torch", StringComparison.OrdinalIgnoreCase) || name.Contains("Yaml", StringComparison.Ordinal)
        || (name.StartsWith("PruneTasks.", StringComparison.Ordinal) && name.EndsWith(".dll", StringComparison.Ordinal) && name != "PruneTasks.Runtime.dll");
}
