using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;
using static PruneTasks.Spec.Tests.Onnx.OnnxBytes;

namespace PruneTasks.Spec.Tests.Onnx;

public sealed class OnnxSignatureReaderTests
{
    private static byte[] Small => Model(Graph(
        Node(),
        Initializer("w", 100_000),
        Input("x", 1, "batch", 3, null, -1),
        Input("w", 1, 3),
        Output("y", 10, "batch", 10),
        Output("scalar", 7),
        Output("unranked", 9, null)));

    [Fact]
    public void Names_types_axes_and_versions_are_read()
    {
        ModelSignature signature = Read(Small);
        Assert.Equal((8, "tester", "1.2"), (signature.IrVersion, signature.Producer, signature.ProducerVersion));
        Assert.Equal([new OpsetImport("", 17), new OpsetImport("com.x", 1)], signature.Opsets);
        TensorSignature input = Assert.Single(signature.Inputs);
        Assert.Equal(("x", ElementType.Float32), (input.Name, input.ElementType));
        Assert.Equal("batch, 3, ?, ?", string.Join(", ", input.Axes!));
        Assert.Equal([("y", "float16"), ("scalar", "int64"), ("unranked", "bool")], signature.Outputs.Select(o => (o.Name, o.ElementType.ToName())));
        Assert.Empty(signature.Outputs[1].Axes!);
        Assert.Null(signature.Outputs[2].Axes);
        Assert.Empty(signature.ExternalFiles);
    }

    [Theory]
    [InlineData(4, ElementType.Sequence)]
    [InlineData(5, ElementType.Map)]
    [InlineData(8, ElementType.SparseTensor)]
    [InlineData(9, ElementType.Optional)]
    public void Values_that_are_no_tensors_are_named(int field, ElementType type)
    {
        byte[] value = Join(Text(1, "s"), Bytes(2, Bytes(field, Bytes(1, []))));
        Assert.Equal(type, Assert.Single(Read(Model(Graph(Bytes(12, value)))).Outputs).ElementType);
    }

    [Fact]
    public void Types_of_the_future_are_unknown_but_no_error() =>
        Assert.Equal(ElementType.Unknown, Read(Model(Graph(Output("y", 99, 1)))).Outputs[0].ElementType);

    [Fact]
    public void Unknown_fields_of_all_wire_types_are_passed_over()
    {
        byte[] more = Join(Number(300, -1), Join(Varint(301 << 3 | 1), new byte[8]), Join(Varint(302 << 3 | 5), new byte[4]), Text(303, "x"));
        Assert.Equal("y", Read(Model(Graph(more, Output("y", 1, 1), more), more: more)).Outputs[0].Name);
    }

    [Fact]
    public void External_files_are_found_with_the_bytes_they_need()
    {
        ModelSignature signature = Read(Model(Graph(External("a", "w.bin", 0, 64), External("b", "w.bin", 64, 36), External("c", "v.bin", 0, 0), Output("y", 1, 1))));
        Assert.Equal([new ExternalFile("v.bin", 0), new ExternalFile("w.bin", 100)], signature.ExternalFiles);
    }

    [Fact]
    public void Weights_are_not_read()
    {
        byte[] head = Join(Number(1, 100 << 20), Number(2, 3), Text(8, "w"), Varint(9 << 3 | 2), Varint(100 << 20));
        byte[] tail = Output("y", 1, 10);
        long initializer = head.Length + (100L << 20);
        byte[] graphHead = Join(Varint(5 << 3 | 2), Varint((ulong)initializer));
        long graph = graphHead.Length + initializer + tail.Length;
        using var folder = new TemporaryFolder();
        using (FileStream file = File.Create(folder["big.onnx"]))
        {
            file.Write(Join(Number(1, 8), Varint(7 << 3 | 2), Varint((ulong)graph), graphHead, head));
            file.Seek(100 << 20, SeekOrigin.Current);
            file.Write(tail);
        }

        using var counted = new CountingStream(File.OpenRead(folder["big.onnx"]));
        Assert.Equal("y", OnnxSignatureReader.Read(counted).Outputs[0].Name);
        Assert.InRange(counted.BytesRead, 1, 16_384);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        OnnxSignatureReader.Read(folder["big.onnx"]);
        TestContext.Current.TestOutputHelper?.WriteLine($"100 MB: {watch.Elapsed.TotalMilliseconds:F2} ms, {counted.BytesRead} bytes read");
    }

    [Theory]
    [InlineData("", "no graph")]
    [InlineData("hello, this is no model", "")]
    [InlineData("version: 1\n", "")]
    [InlineData("<!DOCTYPE html><html></html>", "")]
    public void Text_is_not_onnx(string text, string part) =>
        Assert.Contains(part, Assert.Throws<OnnxFormatException>(() => Read(System.Text.Encoding.UTF8.GetBytes(text))).Message);

    [Fact]
    public void What_lacks_version_graph_or_outputs_is_not_onnx()
    {
        Assert.Contains("version", Assert.Throws<OnnxFormatException>(() => Read(Model(Graph(Output("y", 1)), irVersion: 0))).Message);
        Assert.Contains("graph", Assert.Throws<OnnxFormatException>(() => Read(Number(1, 8))).Message);
        Assert.Contains("output", Assert.Throws<OnnxFormatException>(() => Read(Model(Graph(Node())))).Message);
    }

    [Fact]
    public void A_file_that_is_cut_off_is_refused_wherever_it_ends()
    {
        byte[] whole = Model(Graph(Node(), Initializer("w", 40), Input("x", 1, "batch", 3), Output("y", 1, 1)));
        int opset = Bytes(8, Join(Text(1, ""), Number(2, 17))).Length + Bytes(8, Join(Text(1, "com.x"), Number(2, 1))).Length;
        for (int length = 0; length < whole.Length - opset; length++)
            Assert.Throws<OnnxFormatException>(() => Read(whole[..length]));
    }

    [Fact]
    public void Damaged_files_give_no_other_exception()
    {
        var random = new Random(3);
        byte[] whole = Model(Graph(Node(), Initializer("w", 40), External("e", "f", 1, 2), Input("x", 1, "batch", 3), Output("y", 1, 1)));
        int read = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] damaged = [.. whole];
            for (int hits = random.Next(1, 5); hits > 0; hits--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                Read(damaged);
                read++;
            }
            catch (OnnxFormatException)
            {
                // The only exception that is allowed.
            }
        }

        Assert.InRange(read, 1, 4999);
    }

    [Fact]
    public void Real_models_are_read()
    {
        string models = SharedModels.Folder;
        Assert.SkipUnless(Directory.Exists(models), $"not run: {models} is absent");
        foreach (string file in Directory.EnumerateFiles(models, "*.onnx", SearchOption.AllDirectories))
        {
            using var counted = new CountingStream(File.OpenRead(file));
            ModelSignature signature = OnnxSignatureReader.Read(counted);
            Assert.NotEmpty(signature.Inputs);
            Assert.All(signature.Inputs.Concat(signature.Outputs), t => Assert.True(t.Name.Length > 0 && t.ElementType != ElementType.Undefined));
            Assert.Contains(signature.Opsets, opset => opset.Domain.Length == 0 && opset.Version > 0);
            var watch = System.Diagnostics.Stopwatch.StartNew();
            OnnxSignatureReader.Read(file);
            string line = $"{watch.Elapsed.TotalMilliseconds:F2} ms {Path.GetFileName(file)} opset {signature.Opsets[0].Version}, read {counted.BytesRead} of {counted.Length}: "
                + string.Join(" ", signature.Inputs.Concat(signature.Outputs).Select(t => $"{t.Name}:{t.ElementType.ToName()}[{string.Join(",", t.Axes ?? [])}]"));
            TestContext.Current.TestOutputHelper?.WriteLine(line);
        }
    }

    [Fact]
    public void Element_types_have_names_that_read_back()
    {
        Assert.All(Enum.GetValues<ElementType>(), type => Assert.Equal(type, ElementTypeNames.FromName(type.ToName())));
        Assert.Equal(["float32", "bfloat16", "uint8"], new[] { ElementType.Float32, ElementType.BFloat16, ElementType.UInt8 }.Select(t => t.ToName()));
    }

    [Theory]
    [InlineData("no", "PRUNE0005")]
    [InlineData("garbage", "PRUNE0101")]
    [InlineData("pointer", "PRUNE0103")]
    [InlineData("external", "PRUNE0102")]
    [InlineData("short", "PRUNE0102")]
    [InlineData("good", null)]
    public void A_bad_model_is_reported_where_the_spec_names_it(string name, string? id)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["garbage.onnx"], "garbage");
        File.WriteAllText(folder["pointer.onnx"], "version https://git-lfs.github.com/spec/v1\n");
        File.WriteAllBytes(folder["external.onnx"], Model(Graph(External("w", "absent.bin", 0, 4), Output("y", 1, 1))));
        File.WriteAllBytes(folder["short.onnx"], Model(Graph(External("w", "good.onnx", 0, 1 << 20), Output("y", 1, 1))));
        File.WriteAllBytes(folder["good.onnx"], Small);
        PruneSpec spec = PruneSpecReader.Read($"version: 1\nmodel: {name}.onnx", folder["a.prune.yaml"]).Spec!;

        SignatureReadResult result = ModelReading.Read(spec);

        Assert.Equal(id is null, result.Signature is not null);
        PruneDiagnostic? diagnostic = result.Diagnostics.SingleOrDefault();
        Assert.Equal(id, diagnostic?.Id);
        Assert.Equal(id is null ? 0 : 2, diagnostic?.Line ?? 0);
    }

    private static ModelSignature Read(byte[] bytes) => OnnxSignatureReader.Read(new MemoryStream(bytes));
}
