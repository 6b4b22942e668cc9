namespace PruneTasks.Onnx.Tests.Serialization;

public sealed class RoundTripTests
{
    public static TheoryData<string> Models() => Samples.All();

    [Theory, MemberData(nameof(Models))]
    public void Untouched_models_come_out_byte_identical(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        Assert.NotEmpty(model.Graph.Nodes);
        Assert.True(File.ReadAllBytes(Path.Combine(Samples.Models, relative)).AsSpan().SequenceEqual(OnnxWriter.ToBytes(model)));
    }

    [Theory, MemberData(nameof(Models))]
    public void Marking_every_node_as_edited_still_writes_the_same_bytes(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        foreach (Node node in model.Graph.Nodes.Where(n => n.Inputs.Count > 0)) model.Graph.SetInput(node, 0, node.Inputs[0]);
        Assert.True(File.ReadAllBytes(Path.Combine(Samples.Models, relative)).AsSpan().SequenceEqual(OnnxWriter.ToBytes(model)));
    }

    [Theory, MemberData(nameof(Models))]
    public void An_edit_leaves_everything_else_as_it_was(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        if (model.Graph.Initializers.FirstOrDefault(v => v.Constant is { Type: ElementType.Float32, Shape.Count: 2 }) is not { } weight) return;
        OnnxModel before = Samples.Load(relative);
        long rows = weight.Constant!.Shape[0], columns = weight.Constant.Shape[1];
        var smaller = TensorData.Of([rows, 1], new float[rows]);
        model.Graph.SetInitializer(weight, smaller);
        OnnxModel after = OnnxReader.Load(OnnxWriter.ToBytes(model));

        Assert.Equal(before.Graph.Nodes.Select(n => n.ToString()), after.Graph.Nodes.Select(n => n.ToString()));
        Assert.Equal(before.Graph.Nodes.Select(Bytes), after.Graph.Nodes.Select(Bytes), BytesEqual);
        Assert.Equal(before.Graph.Initializers.Select(v => v.Name), after.Graph.Initializers.Select(v => v.Name));
        foreach ((Value old, Value now) in before.Graph.Initializers.Zip(after.Graph.Initializers))
        {
            bool changed = old.Name == weight.Name;
            Assert.Equal(changed ? [rows, 1] : old.Constant!.Shape, now.Constant!.Shape);
            Assert.True(now.Constant.Bytes.Span.SequenceEqual(changed ? smaller.Bytes.Span : old.Constant!.Bytes.Span));
        }
        Assert.Equal(before.Opsets, after.Opsets);
        Assert.True(columns == 1 || OnnxWriter.ToBytes(model).Length < OnnxWriter.ToBytes(before).Length);
    }

    [Theory, MemberData(nameof(Models))]
    public void Undoing_an_edit_gives_the_same_bytes_again(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        TensorData constant = TensorData.Of([2], 1f, 2f);
        model.Graph.AddInitializer("added", constant);
        model.Graph.AddNode("Relu", [model.Graph.Inputs[0]], "unused");
        model.Graph.AddNode("Relu", [model.Graph.Inputs[0]], "unused", before: model.Graph.Nodes[0]);
        byte[] edited = OnnxWriter.ToBytes(model);
        OnnxModel again = OnnxReader.Load(edited);
        int dead = again.Graph.Nodes.Count(n => n.Outputs[0].Name.StartsWith("unused", StringComparison.Ordinal));
        Assert.Equal(2, dead);
        Assert.Same(again.Graph.Nodes[0], again.Graph.Values["unused_1"].Producer);
        // Only what was added goes: remove exactly the unread nodes by hand-made clean-up of a fresh copy.
        model.Graph.RemoveUnused();
        OnnxModel fresh = Samples.Load(relative);
        fresh.Graph.RemoveUnused();
        Assert.True(OnnxWriter.ToBytes(fresh).AsSpan().SequenceEqual(OnnxWriter.ToBytes(model)));
    }

    private static ReadOnlyMemory<byte> Bytes(Node node) => node.Wire!.Field;

    private static bool BytesEqual(ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b) => a.Span.SequenceEqual(b.Span);
}
