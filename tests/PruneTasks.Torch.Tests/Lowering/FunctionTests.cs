using System.Text;
using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Local functions of a model, against ONNX Runtime, which calls them.</summary>
public sealed class FunctionTests
{
    // Scaled(x, scale) = leaky(x · slope) · scale, and the leaky part; slope is an attribute.
    private static readonly byte[] Scaled = Function("Scaled", ["x", "scale"], ["y", "v"], ["slope"],
        Node("Constant", [], ["t"], Reference("value_float", "slope", 1)), Node("Mul", ["x", "t"], ["u"]), Node("LeakyRelu", ["u"], ["v"], Float("alpha", 0.5f)), Node("Mul", ["v", "scale"], ["y"]));

    // Block(x) calls Scaled twice, hands its attribute on, and has a branch that reads its values.
    private static readonly byte[] Block = Function("Block", ["x", "one"], ["y"], ["slope"],
        Node("Scaled", ["x", "one"], ["t", "u"], "custom", Reference("slope", "slope", 1)), Node("Scaled", ["t", "u"], ["v", "w"], "custom", Float("slope", -0.5f)),
        Node("ReduceSum", ["v"], ["sum"], Integer("keepdims", 0)), Node("Greater", ["sum", "one"], ["positive"]),
        Node("If", ["positive"], ["y"], Body("then_branch", Node("Add", ["v", "x"], ["t2"]), "t2"), Body("else_branch", Node("Sub", ["v", "one"], ["t2"]), "t2")));

    [Fact]
    public void Functions_are_put_where_they_are_called_and_mean_the_same()
    {
        byte[] file = Model([Scaled, Block], 17,
            Node("Block", ["x", "one"], ["first"], "custom", Float("slope", 2)), Node("Block", ["first", "one"], ["second"], "custom", Float("slope", 0.3f)),
            Node("Constant", [], ["yes"], Tensor("value", 9, 1)),
            Node("If", ["yes"], ["y"], Body("then_branch", Node("Block", ["second", "one"], ["inside"], "custom", Float("slope", 1)), "inside"), Body("else_branch", Node("Neg", ["x"], ["inside_not"]), "inside_not")));
        Dictionary<string, TensorData> inputs = new() { ["x"] = OperatorTrial.Normal(1, 2, 3), ["one"] = TensorData.Of([], 1f) };
        float[] wanted = RuntimeAnswer.Of(file, inputs)![0].ToFloats();
        OnnxModel model = OnnxReader.Load(file);
        Assert.DoesNotContain(model.Graph.Nodes.Concat(model.Graph.Nodes.SelectMany(n => n.Bodies).SelectMany(b => b.Nodes)), n => n.Domain == "custom");
        using var scope = NewDisposeScope();
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Assert.Empty(lowered.Refusals);
        float[] got = lowered.Run(model.Graph.Inputs.ToDictionary(v => v, v => TorchTypes.ToTensor(inputs[v.Name])), model.Graph.Outputs)[0].data<float>().ToArray();
        Assert.All(wanted.Zip(got), p => Assert.Equal(p.First, p.Second, 1e-5f));
        // What is written runs without the functions, and reads as itself.
        byte[] written = OnnxWriter.ToBytes(model);
        Assert.Equal(wanted, RuntimeAnswer.Of(written, inputs)![0].ToFloats());
        Assert.Equal(written, OnnxWriter.ToBytes(OnnxReader.Load(written)));
    }

    [Fact]
    public void An_input_that_a_function_hands_on_keeps_its_way()
    {
        byte[] pass = Function("Pass", ["a", "b"], ["b", "a"], []);
        OnnxModel model = OnnxReader.Load(Model([pass], 17, Node("Pass", ["x", "one"], ["unused", "y"], "custom")));
        Assert.Equal(["Identity(one) -> unused", "Identity(x) -> y"], model.Graph.Nodes.Select(n => n.ToString()));
        // Outputs that a call leaves out, and an input.
        model = OnnxReader.Load(Model([Scaled, pass], 17, Node("Pass", ["x"], ["", "t"], "custom"), Node("Scaled", ["t", "one"], ["y"], "custom", Float("slope", 1))));
        Assert.Equal("Identity(x) -> t", model.Graph.Nodes[0].ToString());
        Assert.Equal("Mul(Scaled_y/v, one) -> y", model.Graph.Nodes[^1].ToString());
    }

    [Fact]
    public void A_model_that_calls_no_function_stays_byte_for_byte()
    {
        byte[] file = Model([Scaled], 17, Node("Neg", ["x"], ["y"]));
        Assert.Equal(file, OnnxWriter.ToBytes(OnnxReader.Load(file)));
    }

    [Fact]
    public void What_cannot_be_put_in_place_is_refused_with_the_reason()
    {
        byte[] circle = Function("Circle", ["x"], ["y"], [], Node("Circle", ["x"], ["y"], "custom")), call = Node("Circle", ["x"], ["y"], "custom");
        Assert.Contains("in a circle", Refusal(Model([circle], 17, call)), StringComparison.Ordinal);
        byte[] twice = Function("Circle", ["x"], ["y"], [], Node("Circle", ["x"], ["t"], "custom"), Node("Circle", ["t"], ["y"], "custom"));
        Refusal(Model([twice], 17, call));
        Assert.Contains("opset 17, the model for 13", Refusal(Model([Scaled], 13, Node("Scaled", ["x", "one"], ["y"], "custom", Float("slope", 1)))), StringComparison.Ordinal);
        Assert.Contains("takes 1 inputs", Refusal(Model([circle], 17, Node("Circle", ["x", "one"], ["y"], "custom"))), StringComparison.Ordinal);

        static string Refusal(byte[] file)
        {
            OnnxFormatException e = Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(file));
            Assert.Equal(OnnxFormatError.FunctionRefused, e.Error);
            return e.Message;
        }
    }

    // Field numbers of onnx.proto.
    private static byte[] Model(byte[][] functions, long opset, params byte[][] nodes) => Join(
        Number(1, 8), Bytes(7, Join([.. nodes.Select(n => Bytes(1, n)), Text(2, "graph"), Bytes(11, Value("x", 2, 3)), Bytes(11, Value("one")), Bytes(12, Value("y", 2, 3))])),
        Bytes(8, Number(2, opset)), Bytes(8, Join(Text(1, "custom"), Number(2, 1))), Join([.. functions.Select(f => Bytes(25, f))]));

    private static byte[] Function(string name, string[] inputs, string[] outputs, string[] attributes, params byte[][] nodes) => Join(
        Text(1, name), Join([.. inputs.Select(i => Text(4, i))]), Join([.. outputs.Select(o => Text(5, o))]), Join([.. attributes.Select(a => Text(6, a))]),
        Join([.. nodes.Select(n => Bytes(7, n))]), Bytes(9, Number(2, 17)), Bytes(9, Join(Text(1, "custom"), Number(2, 1))), Text(10, "custom"));

    private static byte[] Node(string op, string[] inputs, string[] outputs, params byte[][] attributes) => Node(op, inputs, outputs, "", attributes);

    private static byte[] Node(string op, string[] inputs, string[] outputs, string domain, params byte[][] attributes) => Join(
        Join([.. inputs.Select(i => Text(1, i))]), Join([.. outputs.Select(o => Text(2, o))]), Text(3, $"{op}_{outputs[0]}"), Text(4, op),
        Join([.. attributes.Select(a => Bytes(5, a))]), domain.Length > 0 ? Text(7, domain) : []);

    private static byte[] Float(string name, float value) => Join(Text(1, name), [0x15, .. BitConverter.GetBytes(value)], Number(20, 1));

    private static byte[] Integer(string name, long value) => Join(Text(1, name), Number(3, value), Number(20, 2));

    private static byte[] Tensor(string name, long type, byte value) => Join(Text(1, name), Bytes(5, Join(Number(2, type), Bytes(9, [value]))), Number(20, 4));

    private static byte[] Reference(string name, string to, long type) => Join(Text(1, name), Text(21, to), Number(20, type));

    private static byte[] Body(string name, byte[] node, string output) => Join(Text(1, name), Bytes(6, Join(Bytes(1, node), Text(2, name), Bytes(12, Value(output, 2, 3)))), Number(20, 5));

    private static byte[] Value(string name, params long[] shape) =>
        Join(Text(1, name), Bytes(2, Bytes(1, Join(Number(1, 1), Bytes(2, Join([.. shape.Select(d => Bytes(1, Number(1, d)))]))))));

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [.. Varint((field << 3) | 2), .. Varint(bytes.Length), .. bytes];

    private static byte[] Number(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(long value)
    {
        for (; value > 127; value >>= 7) yield return (byte)(value | 0x80);
        yield return (byte)value;
    }

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];
}
