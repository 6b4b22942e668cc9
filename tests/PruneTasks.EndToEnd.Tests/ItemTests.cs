using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

public sealed class ItemTests(PackedPackage package)
{
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
}
