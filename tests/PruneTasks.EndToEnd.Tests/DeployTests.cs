using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>The ways in which a model reaches the app.</summary>
public sealed class DeployTests(PackedPackage package)
{
    private const string Spec = "version: 1\ndata: { personal: { path: data } }\nprune: { ratios: { ffn: 0.5 } }\n";

    [Fact]
    public async Task A_model_beside_the_app_is_in_output_and_publish_and_its_hash_in_the_assembly()
    {
        using TestApp app = new TestApp(package).WithModel(spec: Spec + "deploy: { embed: file }\n");

        (await app.Build()).Succeeded();
        Assert.StartsWith("PruneTasks.tiny.onnx.files.json ", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        (await app.Run("publish", "--no-build", "-c", "Debug", "-tl:off", "-o", app["out"])).Succeeded();

        byte[] model = File.ReadAllBytes(app["obj", "prunetasks", "tiny", "tiny.pruned.onnx"]);
        foreach (string folder in (string[])[app["bin", "Debug", "net10.0"], app["out"]])
            Assert.Equal(model, File.ReadAllBytes(Path.Combine(folder, "prunetasks", "tiny", "tiny.pruned.onnx")));
        JsonNode file = Assert.Single(JsonNode.Parse(File.ReadAllText(app["obj", "prunetasks", "tiny", "tiny.embed.json"]))!["files"]!.AsArray())!;
        Assert.Equal(
            ("prunetasks/tiny/tiny.pruned.onnx", model.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(model))),
            (file["path"]!.GetValue<string>(), file["bytes"]!.GetValue<int>(), file["sha256"]!.GetValue<string>()));
        Assert.Equal(1, app.Starts);
    }

    [Fact]
    public async Task A_model_above_the_limit_becomes_a_file_and_is_embedded_again_below_it()
    {
        using TestApp app = new TestApp(package).WithModel(spec: Spec);

        DotNetRun run = (await app.Build("-p:PruneTasksEmbedLimit=10", "-v:n")).Succeeded();
        Assert.NotEmpty(run.LinesWith("PRUNE0308"));
        Assert.True(File.Exists(app["bin", "Debug", "net10.0", "prunetasks", "tiny", "tiny.pruned.onnx"]));

        (await app.Build()).Succeeded();
        Assert.Equal($"PruneTasks.tiny.onnx {TinyModel.Identity().Length}", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        Assert.Equal(1, app.Starts);
    }

    [Fact]
    public async Task A_compressed_resource_holds_the_model_and_is_made_once()
    {
        using TestApp app = new TestApp(package).WithModel(spec: Spec + "deploy: { compression: brotli }\n");

        (await app.Build()).Succeeded();
        Assert.StartsWith("PruneTasks.tiny.onnx.br ", (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim());
        using FileStream stream = File.OpenRead(app["obj", "prunetasks", "tiny", "tiny.embed.br"]);
        stream.Position = 8;
        using System.IO.Compression.BrotliStream brotli = new(stream, System.IO.Compression.CompressionMode.Decompress);
        using MemoryStream inflated = new();
        await brotli.CopyToAsync(inflated, TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllBytes(app["obj", "prunetasks", "tiny", "tiny.pruned.onnx"]), inflated.ToArray());
        DateTime written = File.GetLastWriteTimeUtc(app["obj", "prunetasks", "tiny", "tiny.embed.br"]);
        (await app.Build()).Succeeded();
        Assert.Equal(written, File.GetLastWriteTimeUtc(app["obj", "prunetasks", "tiny", "tiny.embed.br"]));
    }

    [Fact]
    public async Task A_dense_model_with_weights_of_its_own_goes_beside_the_app_with_them_or_is_refused()
    {
        using TestApp app = new TestApp(package).WithModel(spec: Spec);
        File.WriteAllBytes(app["tiny.onnx"], [.. TinyModel.Identity(), .. ExternalWeights()]);
        app.Write("weights/w.bin", "0123");

        (await app.Build("-p:PruneTasksEnabled=false")).Succeeded();
        string folder = app["bin", "Debug", "net10.0", "prunetasks", "tiny"];
        Assert.True(File.Exists(Path.Combine(folder, "tiny.onnx")));
        Assert.Equal("0123", File.ReadAllText(Path.Combine(folder, "weights", "w.bin")));

        app.Write("tiny.prune.yaml", Spec + "deploy: { embed: resource }\n");
        DotNetRun refused = await app.Build("-p:PruneTasksEnabled=false");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.NotEmpty(refused.LinesWith("error PRUNE0309"));
    }

    // ModelProto.graph (7) once more, which protobuf merges: an initializer (5) with data_location (14) EXTERNAL and a location (external_data, 13).
    private static byte[] ExternalWeights()
    {
        byte[] entry = [.. Bytes(1, "location"u8), .. Bytes(2, "weights/w.bin"u8)];
        byte[] tensor = [8, 1, 16, 1, .. Bytes(8, "w"u8), .. Bytes(13, entry), 14 << 3, 1];
        return Bytes(7, Bytes(5, tensor));
    }

    private static byte[] Bytes(int field, ReadOnlySpan<byte> content) => [(byte)((field << 3) | 2), (byte)content.Length, .. content];
}
