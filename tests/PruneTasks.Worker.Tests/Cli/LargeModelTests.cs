using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Report;
using PruneTasks.Worker.Running;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>The way of models that are too large for memory and for one file, taken by a small one: limits are lowered where they are given to the run.</summary>
public sealed class LargeModelTests : IDisposable
{
    private const long Low = 100_000;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mapped_weights_give_the_same_weights_as_those_in_memory()
    {
        Model();
        PruneResult ordinary = Prune("ordinary", long.MaxValue, long.MaxValue), mapped = Prune("mapped", Low, long.MaxValue);
        Assert.Null(mapped.Files!.Data);
        Assert.Equal((ordinary.Pruned!.Parameters, ordinary.Pruned.Macs), (mapped.Pruned!.Parameters, mapped.Pruned.Macs));
        Assert.True(mapped.Pruned.Parameters < mapped.Dense!.Parameters);
        Assert.Equal(ordinary.Dense!.Bytes, mapped.Dense.Bytes);
        Assert.Equal(new FileInfo(mapped.Files.Model).Length, mapped.ModelBytes);
        Assert.Equal(Contents(ordinary.Files!.Model), Contents(mapped.Files.Model));
        Assert.Equal(Answer(ordinary.Files.Model), Answer(mapped.Files.Model));
        AssertNothingLeft("mapped", "ordinary");
    }

    [Fact]
    public void A_pruned_model_that_is_too_large_for_one_file_comes_in_two_and_gives_the_same()
    {
        Model(external: true);
        PruneResult one = Prune("out", Low, long.MaxValue);
        IReadOnlyList<float> expected = Answer(one.Files!.Model);
        string[] files = _folder.Files("out");
        PruneResult two = Prune("out", Low, Low);

        Assert.Equal([.. files.Append("text.pruned.onnx.data").Order(StringComparer.Ordinal)], _folder.Files("out"));
        Assert.Equal(_folder.File("out/text.pruned.onnx.data"), two.Files!.Data);
        Assert.Equal(new FileInfo(two.Files.Data!).Length, two.DataBytes);
        Assert.Equal(Records.Sha256.OfFile(two.Files.Data!), two.DataSha256);
        Assert.Equal(Records.Sha256.OfFile(two.Files.Model), two.ModelSha256);
        Assert.Equal(two.ModelBytes + two.DataBytes, two.Pruned!.Bytes);
        Assert.True(two.ModelBytes < two.DataBytes);
        OnnxModel read = OnnxReader.Load(two.Files.Model);
        Assert.Equal(["text.pruned.onnx.data"], read.ExternalLocations);
        Assert.Equal(Contents(one.Files.Model), Contents(two.Files.Model));
        Assert.Equal(expected, Answer(two.Files.Model));

        // Again, from the two files: and with room for one, the other goes.
        byte[] data = File.ReadAllBytes(two.Files.Data!);
        Assert.Equal(two.ModelSha256, Prune("again", Low, Low).ModelSha256);
        Assert.Equal(data, File.ReadAllBytes(_folder.File("again/text.pruned.onnx.data")));
        Assert.Null(Prune("out", Low, long.MaxValue).Files!.Data);
        Assert.Equal(files, _folder.Files("out"));
        AssertNothingLeft("out", "again");
    }

    [Fact]
    public void Half_precision_is_computed_from_a_copy_in_the_store_and_stays_what_it_was()
    {
        Model(external: true, half: ElementType.Float16);
        PruneResult ordinary = Prune("ordinary", long.MaxValue, long.MaxValue), two = Prune("two", Low, Low);
        Assert.Equal(Contents(ordinary.Files!.Model), Contents(two.Files!.Model));
        Assert.All(OnnxReader.Load(two.Files.Model).Graph.Initializers.Where(v => v.Constant!.IsMapped), v => Assert.Equal(ElementType.Float16, v.Type));
        AssertNothingLeft("ordinary", "two");
    }

    [Fact]
    public void What_OnnxRuntime_does_not_run_is_not_pruned()
    {
        // Of most operators it has none in bfloat16 on the CPU.
        Model(external: true, half: ElementType.BFloat16);
        foreach (long limit in (long[])[Low, long.MaxValue])
        {
            PruneDiagnosticException problem = Assert.Throws<PruneDiagnosticException>(() => Prune("out", limit, Low));
            Assert.Equal("PRUNE0109", Assert.Single(problem.Diagnostics).Id);
            Assert.Matches("NOT_IMPLEMENTED|not find an implementation", problem.Message);
            AssertNothingLeft();
        }
    }

    [Fact]
    public void The_size_of_a_model_is_that_of_all_its_files()
    {
        Model(external: true);
        ModelFile file = ModelFile.Read(_folder.File("dense.onnx"), largest: Low);
        Assert.True(file.IsTooLarge);
        Assert.Equal(new FileInfo(_folder.File("dense.onnx")).Length + new FileInfo(_folder.File("dense.onnx.data")).Length, file.Length);
        string size = Figures.Bytes(file.Length);
        Assert.Contains($"file size     {size}", Inspection.InspectionText.Write(Inspection.ModelInspection.Of(file)), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_a_model_names_in_two_ways_are_linked_once_and_stay_as_they_are()
    {
        Model(external: true);
        string[] expected = Contents(Prune("one", Low, long.MaxValue).Files!.Model);
        byte[] bytes = File.ReadAllBytes(_folder.File("dense.onnx")), weights = File.ReadAllBytes(_folder.File("dense.onnx.data"));
        File.Move(_folder.File("dense.onnx.data"), _folder.File("weights.bin"));
        bool other = false;
        for (int at; (at = bytes.AsSpan().IndexOf("dense.onnx.data"u8)) >= 0; other = !other) (other ? "././weights.bin"u8 : ".///weights.bin"u8).CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(_folder.File("dense.onnx"), bytes);

        PruneResult two = Prune("two", Low, long.MaxValue);
        Assert.Equal(expected, Contents(two.Files!.Model));
        Assert.Equal(bytes.Length + weights.Length, two.Dense!.Bytes);
        Assert.Equal(weights, File.ReadAllBytes(_folder.File("weights.bin")));
        AssertNothingLeft("one", "two");
    }

    [Fact]
    public void A_run_that_ends_early_leaves_the_last_pair_of_files()
    {
        Model(external: true);
        PruneResult before = Prune("out", Low, Low);
        byte[] model = File.ReadAllBytes(before.Files!.Model), data = File.ReadAllBytes(before.Files.Data!);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => Prune("out", Low, Low, line => { if (line.Contains("verify", StringComparison.Ordinal)) stop.Cancel(); }, stop.Token));
        Assert.Equal(model, File.ReadAllBytes(before.Files.Model));
        Assert.Equal(data, File.ReadAllBytes(before.Files.Data!));
        Assert.True(File.Exists(_folder.File("out/result.json")));
        AssertNothingLeft("out");
    }

    [Theory]
    [InlineData("missing", "PRUNE0102")]
    [InlineData("short", "PRUNE0102")]
    [InlineData("../weights.bin", "PRUNE0104")]
    [InlineData("link", "PRUNE0104")]
    public void Weights_that_are_not_there_or_lie_elsewhere_are_refused_and_nothing_is_left(string damage, string id)
    {
        Model(external: true);
        string data = _folder.File("dense.onnx.data");
        switch (damage)
        {
            case "missing":
                File.Delete(data);
                break;
            case "short":
                using (FileStream stream = File.OpenWrite(data)) stream.SetLength(stream.Length - 1);
                break;
            case "link":
                Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
                File.Move(data, _folder.File("elsewhere"));
                File.CreateSymbolicLink(data, _folder.File("elsewhere"));
                break;
            default:
                byte[] bytes = File.ReadAllBytes(_folder.File("dense.onnx"));
                byte[] location = "dense.onnx.data"u8.ToArray();
                for (int at; (at = bytes.AsSpan().IndexOf(location)) >= 0;) "../weights.bin/"u8.CopyTo(bytes.AsSpan(at));
                File.WriteAllBytes(_folder.File("dense.onnx"), bytes);
                break;
        }
        string[] before = _folder.Files();
        PruneDiagnosticException problem = Assert.Throws<PruneDiagnosticException>(() => Prune("out", Low, Low));
        Assert.Equal(id, Assert.Single(problem.Diagnostics).Id);
        Assert.Equal(before, _folder.Files());
        AssertNothingLeft();
    }

    // The toy text encoder of ../shared, as it is or in two files.
    private void Model(bool external = false, ElementType? half = null)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        OnnxModel model = OnnxReader.Load(Path.Combine(folder, "text_encoder_toy_op17.onnx"));
        if (half is { } type) Round(model.Graph, type);
        if (external) OnnxWriter.SaveInTwo(model, _folder.File("dense.onnx"), ".data");
        else OnnxWriter.Save(model, _folder.File("dense.onnx"));
        _folder.Write("text.prune.yaml", $$"""
            version: 1
            model: dense.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 64 }
            prune:
              ratios: { ffn: 0.75, qk: 0.5, vo: 0.5 }
            """);
    }

    // All numbers in half precision; only the answers are cast back.
    private static void Round(Graph graph, ElementType type)
    {
        foreach (Value value in graph.Initializers.Where(v => v.Constant?.Type == ElementType.Float32).ToArray())
            graph.SetInitializer(value, TensorData.FromFloats(type, value.Constant!.Shape, value.Constant.ToFloats()));
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Attributes.TryGetValue("value", out AttributeData? value) && value.Tensor is { Type: ElementType.Float32 } tensor)
                graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes) { ["value"] = TensorData.FromFloats(type, tensor.Shape, tensor.ToFloats()) });
            if (node.OpType == "Cast" && node.Int("to", 0) == (long)ElementType.Float32)
                graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes) { ["to"] = (long)type });
        }
        Value answer = graph.Outputs[0];
        graph.InsertAfter(answer, "Cast", before => [before], new Dictionary<string, AttributeData> { ["to"] = (long)ElementType.Float32 });
    }

    private PruneResult Prune(string output, long inMemory, long inOne, Action<string>? log = null, CancellationToken? cancellation = null) =>
        new PruneRun(new PrunePipeline(), log ?? (static _ => { })) { LargestInMemory = inMemory, LargestFile = inOne, SmallestMapped = 1024 }.Run(
            new PruneRequest { Spec = _folder.File("text.prune.yaml"), Output = _folder.File(output), Threads = 1 }, [], cancellation ?? TestContext.Current.CancellationToken);

    private static string[] Contents(string path) => [.. OnnxReader.Load(path).Graph.Initializers
        .Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Name} {string.Join('x', v.Constant!.Shape)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(v.Constant.Bytes.Span))}"))];

    private static IReadOnlyList<float> Answer(string path)
    {
        OnnxModel model = OnnxReader.Load(path);
        using OrtSession session = OrtSession.LoadMapped(path, path, 1);
        return session.Run([.. model.Graph.Inputs.Select(input => TensorData.Of([1, 15], [.. Enumerable.Range(1, 15).Select(i => input.Name.Contains("mask", StringComparison.Ordinal) ? 1L : i)]))])[0]!.ToFloats();
    }

    // No temporary folder beside those that were asked for.
    private void AssertNothingLeft(params string[] folders) =>
        Assert.Equal([.. folders.Order(StringComparer.Ordinal)], Directory.GetDirectories(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
}
