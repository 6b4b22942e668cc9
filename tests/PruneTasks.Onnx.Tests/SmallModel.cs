using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx.Tests;

/// <summary>Models made in code, so that tests hold without any file.</summary>
internal static class SmallModel
{
    /// <summary>A model with every kind of field that the reader knows: control flow, typed data, annotations, unknown fields.</summary>
    public static OnnxModel WithEverything()
    {
        var graph = new Graph("small");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(4, null)]);
        Value condition = graph.AddInput("condition", ElementType.Bool, []);
        Value weight = graph.AddInitializer("w", TensorData.Of([4, 3], [.. Enumerable.Range(0, 12).Select(i => i * 0.5f)]));
        Value bias = graph.AddInitializer("b", TensorData.Of([3], 1f, 2f, 3f));
        Node product = graph.AddNode("MatMul", [x, weight], "product");
        Node sum = graph.AddNode("Add", [product.Outputs[0], bias], "sum");
        Node constant = graph.AddNode("Constant", [], "two", attributes: new Dictionary<string, AttributeData> { ["value_floats"] = new() { Floats = [2f] } });
        Node scaled = graph.AddNode("Mul", [sum.Outputs[0], constant.Outputs[0]], "scaled");
        Node softmax = graph.AddNode("Softmax", [scaled.Outputs[0]], "y", attributes: new Dictionary<string, AttributeData>
        {
            ["axis"] = -1L,
            ["note"] = "kept",
            ["list"] = new long[] { 1, 2, 3 },
            ["names"] = new() { Strings = ["a", "b"] },
            ["scale"] = 0.5f,
            ["tensor"] = TensorData.Vector(7, 8),
        });
        graph.AddOutput(softmax.Outputs[0], ElementType.Float32, [new(null, "batch"), new(3, null)]);
        _ = condition;
        byte[] bytes = OnnxWriter.ToBytes(OnnxModel.Create(graph, 17, 8, "tests"));
        return OnnxReader.Load(Extend(bytes));
    }

    /// <summary>Adds to the file what <see cref="Graph"/> does not make: an If whose bodies read 'product' from outside, value_info, metadata, typed data.</summary>
    private static byte[] Extend(byte[] bytes)
    {
        WireMessage model = WireMessage.Parse(bytes, 0);
        var result = new WireBuilder();
        foreach (WireField field in model.Fields)
        {
            if (field.Number == ModelFields.Graph) result.Message(ModelFields.Graph, ExtendGraph(model.Message(field)));
            else result.Raw(model.Raw(field));
        }
        var entry = new WireBuilder();
        entry.Text(EntryFields.Key, "author");
        entry.Text(EntryFields.Value, "somebody");
        result.Message(ModelFields.MetadataProps, entry);
        result.Int(999, 42);
        return Join(result);
    }

    private static WireBuilder ExtendGraph(WireMessage old)
    {
        var graph = new WireBuilder();
        foreach (WireField field in old.Fields)
        {
            if (field.Number == GraphFields.Name) graph.Message(GraphFields.Node, If());
            graph.Raw(old.Raw(field));
        }
        graph.Message(GraphFields.ValueInfo, Info("product"));
        graph.Message(GraphFields.ValueInfo, Info("sum"));
        graph.Message(GraphFields.Output, Info("chosen"));
        var typed = new WireBuilder();
        typed.Int(TensorFields.Dims, 3);
        typed.Int(TensorFields.DataType, (long)ElementType.Int64);
        typed.Int(TensorFields.Int64Data, 5);
        typed.Bytes(TensorFields.Int64Data, new byte[] { 6, 7 });
        typed.Text(TensorFields.Name, "typed");
        graph.Message(GraphFields.Initializer, typed);
        var annotation = new WireBuilder();
        annotation.Text(AnnotationFields.TensorName, "w");
        graph.Message(GraphFields.QuantizationAnnotation, annotation);
        return graph;
    }

    private static WireBuilder If()
    {
        var node = new WireBuilder();
        node.Text(NodeFields.Input, "condition");
        node.Text(NodeFields.Output, "chosen");
        node.Text(NodeFields.OpType, "If");
        foreach (string branch in new[] { "then_branch", "else_branch" })
        {
            var inner = new WireBuilder();
            inner.Text(NodeFields.Input, "product");
            inner.Text(NodeFields.Output, "inner");
            inner.Text(NodeFields.OpType, "Relu");
            var body = new WireBuilder();
            body.Message(GraphFields.Node, inner);
            body.Text(GraphFields.Name, branch);
            body.Message(GraphFields.Output, Info("inner"));
            var attribute = new WireBuilder();
            attribute.Text(AttributeFields.Name, branch);
            attribute.Message(AttributeFields.Graph, body);
            attribute.Int(AttributeFields.Type, AttributeTypes.Graph);
            node.Message(NodeFields.Attribute, attribute);
        }
        node.Int(500, 1);
        return node;
    }

    private static WireBuilder Info(string name)
    {
        var graph = new Graph("");
        return ValueInfoWriter.New(graph.AddInput(name, ElementType.Float32, [new(null, "batch"), new(3, null)]));
    }

    public static byte[] Join(WireBuilder builder)
    {
        using var stream = new MemoryStream();
        foreach (ReadOnlyMemory<byte> part in builder.Parts) stream.Write(part.Span);
        return stream.ToArray();
    }
}
