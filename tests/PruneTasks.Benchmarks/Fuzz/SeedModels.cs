using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Building;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>The small valid models that are damaged: attention in many styles, convolutions, recurrences, control flow, quantised, half precision, weights in another file. Above 12 KB: graphs are written out.</summary>
internal static class SeedModels
{
    /// <summary>File that the seeds with external data name; it holds zeros.</summary>
    public const string SideFile = "weights.bin";

    /// <summary>Its length.</summary>
    public const int SideBytes = 256;

    /// <summary>All seeds, in a fixed order: those made here, then the files of <paramref name="folder"/> up to 256 KiB, by name.</summary>
    public static IReadOnlyList<byte[]> All(string? folder)
    {
        List<byte[]> seeds = [];
        foreach (TransformerStyle style in Enum.GetValues<TransformerStyle>()) seeds.Add(OnnxWriter.ToBytes(TransformerGraph.Create(new TransformerForm(style), blocks: 1)));
        seeds.Add(Convolutions(ElementType.Float32));
        seeds.Add(Convolutions(ElementType.Float16));
        seeds.Add(Recurrent());
        seeds.Add(ControlFlow());
        seeds.Add(ShapeArithmetic());
        seeds.Add(Quantised());
        seeds.Add(External(Convolutions(ElementType.Float32)));
        seeds.Add(Rare(OnnxWriter.ToBytes(TransformerGraph.Create(TransformerStyle.Split))));
        return folder is null ? seeds : [.. seeds, .. In(folder)];
    }

    /// <summary>The files of a folder up to 256 KiB, by name.</summary>
    public static IEnumerable<byte[]> In(string folder) =>
        Directory.EnumerateFiles(folder, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(file => new FileInfo(file).Length is > 0 and <= 256 * 1024).Select(File.ReadAllBytes);

    private static byte[] Convolutions(ElementType type)
    {
        var graph = new Graph("convolutions");
        Value x = graph.AddInput("image", type, [new(null, "batch"), new(3, null), new(8, null), new(8, null)]);
        Value y = Op("Conv", [x, Weight(8, 3, 3, 3), Weight(8)], ("pads", new long[] { 1, 1, 1, 1 }), ("kernel_shape", new long[] { 3, 3 }));
        y = Op("BatchNormalization", [y, Weight(8), Weight(8), Weight(8), Weight(8)]);
        y = Op("Relu", [y]);
        Value deep = Op("Conv", [y, Weight(8, 1, 3, 3)], ("group", 8L), ("pads", new long[] { 1, 1, 1, 1 }));
        Value wide = Op("Conv", [deep, Weight(4, 8, 1, 1)]);
        Value joined = Op("Concat", [y, wide], ("axis", 1L));
        Value gate = Op("Sigmoid", [Op("Conv", [Op("GlobalAveragePool", [joined]), Weight(12, 12, 1, 1)])]);
        y = Op("MaxPool", [Op("Mul", [joined, gate])], ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }));
        y = Op("Resize", [y, graph.AddInitializer("roi", TensorData.Of([0], Array.Empty<float>())), graph.AddInitializer("scales", TensorData.Of([4], 1f, 1f, 2f, 2f))], ("mode", "nearest"));
        y = Op("ConvTranspose", [y, Weight(12, 4, 2, 2)], ("strides", new long[] { 2, 2 }));
        Value flat = Op("Flatten", [Op("GlobalAveragePool", [y])]);
        Value scores = Op("Gemm", [flat, Weight(5, 4), Weight(5)], ("transB", 1L));
        graph.AddOutput(Op("Softmax", [scores], ("axis", -1L)), type, [new(null, "batch"), new(5, null)]);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "seeds"));

        Value Op(string op, Value[] inputs, params (string Name, AttributeData Value)[] attributes) =>
            graph.AddNode(op, inputs, op, attributes: attributes.ToDictionary(a => a.Name, a => a.Value)).Outputs[0];

        Value Weight(params long[] shape) =>
            graph.AddInitializer("w", TensorData.FromFloats(type, shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => 0.1f + (i % 7 * 0.05f))]));
    }

    private static byte[] Recurrent()
    {
        var graph = new Graph("recurrent");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "steps"), new(null, "batch"), new(6, null)]);
        Value lstm = graph.AddNode("LSTM", [x, Zeros(1, 16, 6), Zeros(1, 16, 4), Zeros(1, 32)], "lstm", outputs: 3, attributes: new Dictionary<string, AttributeData> { ["hidden_size"] = 4L }).Outputs[0];
        Value squeezed = graph.AddNode("Squeeze", [lstm, graph.AddInitializer("axes", TensorData.Vector(1))], "squeezed").Outputs[0];
        Value gru = graph.AddNode("GRU", [squeezed, Zeros(2, 9, 4), Zeros(2, 9, 3)], "gru", attributes: new Dictionary<string, AttributeData> { ["hidden_size"] = 3L, ["direction"] = "bidirectional" }).Outputs[0];
        graph.AddOutput(gru, ElementType.Float32, null);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 14, 7, "seeds"));

        Value Zeros(params long[] shape) => graph.AddInitializer("w", TensorData.FromFloats(ElementType.Float32, shape, new float[shape.Aggregate((a, b) => a * b)]));
    }

    private static byte[] ShapeArithmetic()
    {
        var graph = new Graph("shapes");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(null, "length"), new(4, null)]);
        Value shape = Op("Shape", [x]);
        Value length = Op("Gather", [shape, Ints(1)], ("axis", 0L));
        Value filled = Op("ConstantOfShape", [Op("Concat", [Ints(2, 3), length], ("axis", 0L))], ("value", TensorData.Of([1], 1f)));
        Value tiled = Op("Tile", [filled, Ints(1, 2, 1)]);
        Value range = Op("Range", [Scalar(0), Op("Squeeze", [length]), Scalar(1)]);
        Value expanded = Op("Expand", [Op("Cast", [range], ("to", 1L)), Op("Concat", [Ints(6), length], ("axis", 0L))]);
        Value sum = Op("Add", [Op("ReduceMean", [tiled], ("axes", new long[] { 0 }), ("keepdims", 0L)), expanded]);
        Value padded = Op("Pad", [sum, Ints(0, 1, 0, 1)]);
        Value hot = Op("OneHot", [Op("NonZero", [Op("Cast", [Ints(0, 1, 2), ], ("to", 9L))]), Scalar(5), graph.AddInitializer("values", TensorData.Of([2], 0f, 1f))]);
        graph.AddOutput(padded, ElementType.Float32, null);
        graph.AddOutput(hot, ElementType.Float32, null);
        graph.AddOutput(Op("Einsum", [x, x], ("equation", "btc,bsc->bts")), ElementType.Float32, null);
        graph.AddOutput(Op("TopK", [x, Ints(2)], ("axis", 2L)), ElementType.Float32, null);
        graph.AddOutput(Op("CumSum", [x, Scalar(1)]), ElementType.Float32, null);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "seeds"));

        Value Op(string op, Value[] inputs, params (string Name, AttributeData Value)[] attributes) =>
            graph.AddNode(op, inputs, op, outputs: op == "TopK" ? 2 : 1, attributes: attributes.ToDictionary(a => a.Name, a => a.Value)).Outputs[0];

        Value Ints(params long[] values) => graph.AddInitializer("ints", TensorData.Vector(values));

        Value Scalar(long value) => graph.AddInitializer("scalar", TensorData.Of([], value));
    }

    private static byte[] Quantised()
    {
        var graph = new Graph("quantised");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(4, null)]);
        Value scale = graph.AddInitializer("scale", TensorData.Of([], 0.1f)), zero = graph.AddInitializer("zero", new TensorData(ElementType.Int8, [], new byte[1]));
        Value weight = graph.AddInitializer("w", new TensorData(ElementType.Int8, [4, 6], new byte[24]));
        Value floats = graph.AddNode("DequantizeLinear", [weight, scale, zero], "floats").Outputs[0];
        Value y = graph.AddNode("MatMul", [x, floats], "y").Outputs[0];
        Node dynamic = graph.AddNode("DynamicQuantizeLinear", [y], "dynamic", outputs: 3);
        Value integers = graph.AddNode("MatMulInteger", [dynamic.Outputs[0], graph.AddInitializer("w2", new TensorData(ElementType.UInt8, [6, 3], new byte[18])), dynamic.Outputs[2]], "integers").Outputs[0];
        graph.AddOutput(graph.AddNode("Cast", [integers], "z", attributes: new Dictionary<string, AttributeData> { ["to"] = 1L }).Outputs[0], ElementType.Float32, null);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "seeds"));
    }

    /// <summary>If and Loop, whose bodies read a value from outside.</summary>
    private static byte[] ControlFlow()
    {
        ProtoMessage If() => Node("If", ["condition"], ["chosen"])
            .Child(5, Body("then_branch", Graph("then", [Node("MatMul", ["x", "w"], ["a"])], [], ["a"])))
            .Child(5, Body("else_branch", Graph("else", [Node("Neg", ["x"], ["b"])], [], ["b"])));
        ProtoMessage Loop() => Node("Loop", ["trips", "", "chosen"], ["last", "all"])
            .Child(5, Body("body", Graph("loop", [Node("Identity", ["go"], ["on"]), Node("Add", ["state", "x"], ["next"]), Node("Relu", ["next"], ["seen"])], ["i", "go", "state"], ["on", "next", "seen"])));
        ProtoMessage weight = new ProtoMessage(ProtoKind.Tensor).Number(1, 4).Number(1, 4).Number(2, 1).Text(8, "w").Data(9, new byte[64]);
        ProtoMessage trips = new ProtoMessage(ProtoKind.Tensor).Number(2, 7).Text(8, "trips").Data(9, [3, 0, 0, 0, 0, 0, 0, 0]);
        ProtoMessage graph = Graph("main", [If(), Loop()], [], ["last"]);
        graph.Child(5, weight).Child(5, trips).Child(11, Info("x", 1, 2, 4)).Child(11, Info("condition", 9)).Child(13, Info("chosen", 1, 2, 4));
        return Model(graph, 16).ToBytes();
    }

    /// <summary>Weights moved into <see cref="SideFile"/>.</summary>
    private static byte[] External(byte[] bytes)
    {
        ProtoMessage model = ProtoMessage.Parse(bytes);
        long offset = 0;
        foreach (ProtoMessage tensor in model.All().Where(m => m.Kind == ProtoKind.Tensor))
        {
            if (tensor.Fields.Find(f => f.Number == 9) is not { Bytes.Length: > 0 and <= 128 } raw) continue;
            int length = raw.Bytes.Length;
            if (offset + length > SideBytes) continue;
            tensor.Fields.Remove(raw);
            foreach ((string key, string value) in new[] { ("location", SideFile), ("offset", Text(offset)), ("length", Text(length)) })
                tensor.Child(13, new ProtoMessage(ProtoKind.Entry).Text(1, key).Text(2, value));
            tensor.Number(14, 1);
            offset += length;
        }
        return model.ToBytes();

        static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Adds what few files have: metadata, functions, sparse initializers, annotations, documentation, types that are no tensors.</summary>
    private static byte[] Rare(byte[] bytes)
    {
        ProtoMessage model = ProtoMessage.Parse(bytes);
        model.Child(14, new ProtoMessage(ProtoKind.Entry).Text(1, "author").Text(2, "somebody")).Text(6, "about this").Text(3, "1.0").Text(4, "a.domain").Number(5, 3);
        model.Child(25, new ProtoMessage(ProtoKind.Function).Text(1, "Twice").Text(4, "x").Text(5, "y").Child(7, Node("Add", ["x", "x"], ["y"])).Text(10, "a.domain"));
        model.Child(8, new ProtoMessage(ProtoKind.Opset).Text(1, "a.domain").Number(2, 1));
        ProtoMessage graph = model.Fields.Find(f => f.Number == 7)!.Message!;
        graph.Child(14, new ProtoMessage(ProtoKind.Annotation).Text(1, "x")).Text(10, "about the graph");
        graph.Child(15, new ProtoMessage(ProtoKind.SparseTensor)
            .Child(1, new ProtoMessage(ProtoKind.Tensor).Number(1, 1).Number(2, 1).Text(8, "sparse").Data(9, new byte[4]))
            .Child(2, new ProtoMessage(ProtoKind.Tensor).Number(1, 1).Number(2, 7).Data(9, new byte[8])).Number(3, 10));
        graph.Child(13, new ProtoMessage(ProtoKind.ValueInfo).Text(1, "nothing").Child(2, new ProtoMessage(ProtoKind.Type).Data(4, [10, 4, 10, 2, 8, 1])));
        return model.ToBytes();
    }

    private static ProtoMessage Model(ProtoMessage graph, int opset) =>
        new ProtoMessage(ProtoKind.Model).Number(1, 8).Text(2, "seeds").Child(7, graph).Child(8, new ProtoMessage(ProtoKind.Opset).Number(2, opset));

    private static ProtoMessage Graph(string name, ProtoMessage[] nodes, string[] inputs, string[] outputs)
    {
        var graph = new ProtoMessage(ProtoKind.Graph);
        foreach (ProtoMessage node in nodes) graph.Child(1, node);
        graph.Text(2, name);
        foreach (string input in inputs) graph.Child(11, Info(input, input == "i" ? 7 : input == "go" ? 9 : 1));
        foreach (string output in outputs) graph.Child(12, Info(output, output == "on" ? 9 : 1));
        return graph;
    }

    private static ProtoMessage Node(string op, string[] inputs, string[] outputs)
    {
        var node = new ProtoMessage(ProtoKind.Node);
        foreach (string input in inputs) node.Text(1, input);
        foreach (string output in outputs) node.Text(2, output);
        return node.Text(4, op);
    }

    private static ProtoMessage Body(string name, ProtoMessage graph) => new ProtoMessage(ProtoKind.Attribute).Text(1, name).Child(6, graph).Number(20, 5);

    private static ProtoMessage Info(string name, int type, params long[] dims)
    {
        ProtoMessage tensor = new ProtoMessage(ProtoKind.TensorType).Number(1, type), shape = new(ProtoKind.Shape);
        foreach (long dim in dims) shape.Child(1, new ProtoMessage(ProtoKind.Dim).Number(1, dim));
        return new ProtoMessage(ProtoKind.ValueInfo).Text(1, name).Child(2, new ProtoMessage(ProtoKind.Type).Child(1, tensor.Child(2, shape)));
    }
}
