using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>If, Loop and Scan against ONNX Runtime, from the bytes of a file.</summary>
public sealed class ControlFlowTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void If_runs_the_branch_that_the_data_asks_for_with_what_it_captures(bool positive)
    {
        Graph main = new("main");
        Value x = main.AddInput("x", ElementType.Float32, Shape(2, 3)), w = main.AddInitializer("w", OperatorTrial.Normal(1, 3, 4));
        Value sum = main.AddNode("ReduceSum", [x], "sum", attributes: Attributes(("keepdims", 0L))).Outputs[0];
        Value condition = main.AddNode("Greater", [sum, main.AddInitializer("zero", TensorData.Of([], 0f))], "condition").Outputs[0];
        Value doubled = main.AddNode("Add", [x, x], "doubled").Outputs[0];
        Graph then = new("then"), otherwise = new("otherwise");
        Value product = then.AddNode("MatMul", [then.AddOuter("doubled"), then.AddOuter("w")], "product").Outputs[0];
        then.AddOutput(product, ElementType.Float32, null);
        then.AddOutput(then.AddNode("Relu", [product], "relu").Outputs[0], ElementType.Float32, null);
        // A branch in a branch, which reads from both graphs around it, and an output that is captured as it is.
        Value part = otherwise.AddNode("MatMul", [otherwise.AddOuter("x"), otherwise.AddOuter("w")], "part").Outputs[0];
        Graph inner = new("inner");
        otherwise.AddOuter("one");
        inner.AddOutput(inner.AddNode("Add", [inner.AddOuter("part"), inner.AddOuter("one")], "more").Outputs[0], ElementType.Float32, null);
        Value nested = otherwise.AddNode("If", [otherwise.AddInitializer("yes", new TensorData(ElementType.Bool, [], new byte[] { 1 }))], "nested", attributes: Bodies(("then_branch", inner), ("else_branch", inner))).Outputs[0];
        otherwise.AddOutput(nested, ElementType.Float32, null);
        otherwise.AddOutput(otherwise.AddNode("Identity", [nested], "same").Outputs[0], ElementType.Float32, null);
        main.AddInitializer("one", TensorData.Of([], 1f));
        Node branch = main.AddNode("If", [condition], "branch", outputs: 2, attributes: Bodies(("then_branch", then), ("else_branch", otherwise)));
        foreach (Value output in branch.Outputs) main.AddOutput(output, ElementType.Float32, null);
        Assert.Equal(["doubled", "one", "w", "x"], branch.Captured.Select(v => v.Name).Order(StringComparer.Ordinal));

        TensorData input = TensorData.Of([2, 3], [.. OperatorTrial.Normal(2, 2, 3).ToFloats().Select(f => positive ? Math.Abs(f) : -Math.Abs(f))]);
        OnnxModel model = Agrees(main, ("x", input));
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        Assert.All(model.Graph.Outputs, o => Assert.Equal([2L, 4L], shapes.ShapeOf(o)));
        // Nothing changes what an untouched body was.
        Assert.Equal(OnnxWriter.ToBytes(model), OnnxWriter.ToBytes(OnnxReader.Load(OnnxWriter.ToBytes(model))));
    }

    [Fact]
    public void A_branch_that_a_constant_rules_out_may_hold_what_cannot_be_run()
    {
        foreach (bool taken in new[] { true, false })
        {
            Graph main = new("main"), then = new("then"), otherwise = new("otherwise");
            Value x = main.AddInput("x", ElementType.Float32, Shape(2));
            then.AddOutput(then.AddNode("Neg", [then.AddOuter("x")], "negative").Outputs[0], ElementType.Float32, null);
            otherwise.AddOutput(otherwise.AddNode("Nonsense", [otherwise.AddOuter("x")], "nonsense", domain: "made.up").Outputs[0], ElementType.Float32, null);
            Value condition = main.AddInitializer("taken", new TensorData(ElementType.Bool, [], new byte[] { taken ? (byte)1 : (byte)0 }));
            main.AddOutput(main.AddNode("If", [condition], "y", attributes: Bodies(("then_branch", then), ("else_branch", otherwise))).Outputs[0], ElementType.Float32, null);
            using LoweredGraph lowered = LoweredGraph.Create(OnnxModel.Create(main, 17, 8, "test"));
            if (taken) Assert.Empty(lowered.Refusals);
            else Assert.Contains("made.up.Nonsense", Assert.Single(lowered.Refusals).Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(5, 100f)]
    [InlineData(5, 3f)]
    [InlineData(0, 3f)]
    public void Loop_runs_until_the_count_or_the_condition_ends_it(long most, float limit)
    {
        Graph main = new("main"), body = new("body");
        Value x = main.AddInput("x", ElementType.Float32, Shape(3)), count = main.AddInput("count", ElementType.Int64, Shape());
        main.AddInitializer("limit", TensorData.Of([], limit));
        body.AddInput("i", ElementType.Int64, Shape());
        body.AddInput("go_on", ElementType.Bool, Shape());
        Value state = body.AddInput("state", ElementType.Float32, Shape(3));
        Value next = body.AddNode("Add", [state, body.AddNode("Abs", [body.AddOuter("x")], "size").Outputs[0]], "next").Outputs[0];
        Value largest = body.AddNode("ReduceMax", [next], "largest", attributes: Attributes(("keepdims", 0L))).Outputs[0];
        body.AddOutput(body.AddNode("Less", [largest, body.AddOuter("limit")], "again").Outputs[0], ElementType.Bool, Shape());
        body.AddOutput(next, ElementType.Float32, Shape(3));
        body.AddOutput(body.AddNode("Mul", [next, next], "square").Outputs[0], ElementType.Float32, Shape(3));
        Node loop = main.AddNode("Loop", [count, null, x], "result", outputs: 2, attributes: Bodies(("body", body)));
        foreach (Value output in loop.Outputs) main.AddOutput(output, ElementType.Float32, null);
        Agrees(main, ("x", OperatorTrial.Normal(3, 3)), ("count", TensorData.Of([], most)));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 0, -1)]
    public void Scan_goes_over_any_axis_in_both_directions(int axis, int direction, int outputAxis)
    {
        Graph main = new("main"), body = new("body");
        Value x = main.AddInput("x", ElementType.Float32, Shape(3, 3)), start = main.AddInput("start", ElementType.Float32, Shape(3));
        Value state = body.AddInput("state", ElementType.Float32, Shape(3)), slice = body.AddInput("slice", ElementType.Float32, Shape(3));
        Value next = body.AddNode("Add", [state, body.AddNode("Tanh", [slice], "bent").Outputs[0]], "next").Outputs[0];
        body.AddOutput(next, ElementType.Float32, Shape(3));
        body.AddOutput(body.AddNode("Mul", [next, slice], "product").Outputs[0], ElementType.Float32, Shape(3));
        Node scan = main.AddNode("Scan", [start, x], "result", outputs: 2, attributes: new Dictionary<string, AttributeData>(Bodies(("body", body)))
        {
            ["num_scan_inputs"] = 1,
            ["scan_input_axes"] = new long[] { axis },
            ["scan_input_directions"] = new long[] { direction },
            ["scan_output_axes"] = new long[] { outputAxis },
            ["scan_output_directions"] = new long[] { 1 - direction },
        });
        foreach (Value output in scan.Outputs) main.AddOutput(output, ElementType.Float32, null);
        Agrees(main, ("x", OperatorTrial.Normal(4, 3, 3)), ("start", OperatorTrial.Normal(5, 3)));
    }

    [Fact]
    public void What_a_node_needs_that_cannot_be_run_is_refused_by_name_and_the_rest_runs()
    {
        Graph main = new("main");
        Value x = main.AddInput("x", ElementType.Float32, Shape(2));
        Value fine = main.AddNode("Neg", [x], "fine").Outputs[0];
        main.AddOutput(main.AddNode("Nonsense", [fine], "y", domain: "made.up").Outputs[0], ElementType.Float32, null);
        OnnxModel model = OnnxModel.Create(main, 17, 8, "test");
        using var scope = NewDisposeScope();
        using LoweredGraph lowered = LoweredGraph.Create(model);
        LoweringRefusal refusal = Assert.Single(lowered.Refusals);
        Assert.Equal(("Nonsense", LoweringRefusalKind.UnknownOperator), (refusal.Node.OpType, refusal.Kind));
        Dictionary<Value, Tensor> inputs = new() { [x] = ones(2) };
        Assert.Throws<LoweringException>(() => lowered.Run(inputs, model.Graph.Outputs));
        Assert.Equal(-1, lowered.Run(inputs, [fine])[0][0].item<float>());
    }

    private static OnnxModel Agrees(Graph graph, params (string Name, TensorData Data)[] given)
    {
        byte[] file = OnnxWriter.ToBytes(OnnxModel.Create(graph, 17, 8, "test"));
        OnnxModel model = OnnxReader.Load(file);
        Assert.Equal(file, OnnxWriter.ToBytes(model));
        Dictionary<string, TensorData> inputs = given.ToDictionary(g => g.Name, g => g.Data);
        IReadOnlyList<TensorData> wanted = RuntimeAnswer.Of(file, inputs) ?? throw new InvalidOperationException("ONNX Runtime does not run it");
        using var scope = NewDisposeScope();
        using LoweredGraph whole = LoweredGraph.Create(model), lowered = whole.Fork();
        Assert.Empty(lowered.Refusals);
        IReadOnlyList<Tensor> got = lowered.Run(model.Graph.Inputs.ToDictionary(v => v, v => TorchTypes.ToTensor(inputs[v.Name])), model.Graph.Outputs);
        for (int i = 0; i < got.Count; i++)
        {
            Assert.Equal(wanted[i].Shape, got[i].shape);
            Assert.True(got[i].allclose(TorchTypes.ToTensor(wanted[i]), 1e-5, 1e-6), $"output {i}");
        }
        return model;
    }

    private static Axis[] Shape(params long[] sizes) => [.. sizes.Select(s => new Axis(s, null))];

    private static Dictionary<string, AttributeData> Attributes(params (string Name, AttributeData Value)[] attributes) => attributes.ToDictionary(a => a.Name, a => a.Value);

    private static Dictionary<string, AttributeData> Bodies(params (string Name, Graph Body)[] bodies) => bodies.ToDictionary(b => b.Name, b => new AttributeData { Bodies = [b.Body] });
}
