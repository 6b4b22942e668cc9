using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>The package as it ships, with the real worker, on the model and the images of the sample.</summary>
public sealed class RealWorkerTests(PackedPackage package)
{
    // Classifies one image with the generated class and says what it weighs.
    private const string Program = """
        using App;
        using PruneTasks;
        using Glyphs model = new();
        Prediction<GlyphsLabel> best = model.Classify(new PixelSpan(new byte[32 * 32], 32, 32, PixelFormat.Gray8));
        using System.IO.Stream resource = typeof(Glyphs).Assembly.GetManifestResourceStream("PruneTasks.glyphs.onnx")!;
        System.Console.WriteLine($"{best.Label.ToText()} of {System.Enum.GetValues<GlyphsLabel>().Length}, {resource.Length} bytes");
        """;

    [Fact]
    public async Task An_app_outside_the_repository_prunes_runs_and_publishes()
    {
        using TestApp app = NewApp();

        DotNetRun run = (await app.Build()).Succeeded();

        Assert.NotEmpty(run.LinesWith("report.html"));
        long pruned = new FileInfo(app["obj", "prunetasks", "glyphs", "glyphs.pruned.onnx"]).Length;
        Assert.InRange(pruned, 1, new FileInfo(app["glyphs.onnx"]).Length * 3 / 4);
        Assert.EndsWith($" of 36, {pruned} bytes", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        Assert.False(Directory.Exists(app["obj", "prunetasks", "glyphs", "staging"]));

        DateTime log = File.GetLastWriteTimeUtc(app["obj", "prunetasks", "glyphs", "worker.log"]);
        (await app.Run("publish", "-tl:off", "-o", app["out"])).Succeeded();
        Assert.Equal(log, File.GetLastWriteTimeUtc(app["obj", "prunetasks", "glyphs", "worker.log"]));
        Assert.EndsWith($" of 36, {pruned} bytes", (await app.Run(app["out", "App.dll"])).Succeeded().Output.Trim());
        Assert.DoesNotContain(
            Directory.GetFiles(app["out"], "*", SearchOption.AllDirectories),
            file => Path.GetFileName(file).Contains("torch", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("torch", File.ReadAllText(app["out", "App.deps.json"]), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Missing_data_is_an_error_at_its_place_in_the_spec_and_leaves_no_model()
    {
        using TestApp app = NewApp();
        app.Write("glyphs.prune.yaml", GlyphsApp.AtOnce.Replace("path: data", "path: nowhere", StringComparison.Ordinal));

        DotNetRun run = (await app.Build()).Failed();

        Assert.Contains("glyphs.prune.yaml(6,", Assert.Single(run.LinesWith("PRUNE0020")));
        Assert.False(File.Exists(app["obj", "prunetasks", "glyphs", "glyphs.pruned.onnx"]));
        Assert.False(Directory.Exists(app["obj", "prunetasks", "glyphs", "staging"]));
    }

    private TestApp NewApp()
    {
        TestApp app = GlyphsApp.New(package, GlyphsApp.AtOnce);
        app.Write("Program.cs", Program);
        return app;
    }
}
