using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Rewriting;

/// <summary>The token slice where the number of tokens is open, sizes are read from values that become shorter, and masks have rows.</summary>
public sealed class OpenLengthTests
{
    private const int Features = 6, Width = 8, Classes = 3;

    [Theory]
    [InlineData("first", "rows")]
    [InlineData("last", "rows")]
    [InlineData("slice", "rows")]
    [InlineData("slice-last", "rows")]
    [InlineData("first", "whole-shape")]
    [InlineData("last", "count")]
    [InlineData("two", "count")]
    public void Any_length_gives_what_it_gave(string head, string body)
    {
        OnnxModel dense = Encoder(head, body), sliced = Encoder(head, body);
        TokenSliceResult result = TokenSlice.Apply(sliced, ShapeInvariants.Find(sliced))!;
        Assert.True(result.MacsAfter < result.MacsBefore);
        foreach ((int samples, int tokens) in new[] { (1, 2), (3, 9), (2, 40) })
        {
            Dictionary<string, TensorData> inputs = new() { ["x"] = Random([samples, tokens, Features]), ["mask"] = Random([samples, tokens, tokens]) };
            Assert.True(OrtRun.Difference(OrtRun.First(dense, inputs), OrtRun.First(sliced, inputs)) <= 1e-5);
        }
        // Products of queries, scores, context and both layers behind it are left with the tokens that are read.
        long kept = head == "two" ? 2 : 1, other = 7 - kept;
        Assert.Equal(other * ((4 * Width * Width) + (2 * 7 * Width)), result.MacsBefore - result.MacsAfter);
    }

    [Theory]
    [InlineData("output")]
    [InlineData("mean")]
    [InlineData("step")]
    [InlineData("open-range")]
    public void Tokens_that_something_else_needs_stay(string head)
    {
        OnnxModel model = Encoder(head, "rows");
        byte[] before = OnnxWriter.ToBytes(model);
        Assert.Null(TokenSlice.Apply(model, ShapeInvariants.Find(model)));
        Assert.Equal(before, OnnxWriter.ToBytes(model));
    }

    /// <summary>One block with one head: [n, t, features] and a mask [n, t, t] in, logits out.</summary>
    private static OnnxModel Encoder(string head, string body)
    {
        Graph g = new("encoder");
        Random random = new(3);
        Value x = g.AddInput("x", ElementType.Float32, [new Axis(null, "n"), new Axis(null, "t"), new Axis(Features, null)]);
        Value mask = g.AddInput("mask", ElementType.Float32, [new Axis(null, "n"), new Axis(null, "t"), new Axis(null, "t")]);
        Value h = Op("MatMul", [x, Weight(Features, Width)]);
        Value q = Op("MatMul", [h, Weight(Width, Width)]), k = Op("MatMul", [h, Weight(Width, Width)]), v = Op("MatMul", [h, Weight(Width, Width)]);
        Value scores = Op("Add", [Op("MatMul", [q, Op("Transpose", [k], ("perm", new long[] { 0, 2, 1 }))]), mask]);
        Value context = Op("MatMul", [Op("Softmax", [scores], ("axis", -1L)), v]);
        Value shape = Op("Shape", [context]);
        Value rows = Op("Gemm", [Op("Reshape", [context, Ints(-1, Width)]), Weight(Width, Width), Weight(Width)]);
        Value back = body == "whole-shape" ? shape : Op("Concat", [Part(shape, 0), Part(shape, 1), Ints(Width)], ("axis", 0L));
        Value y = Op("Add", [Op("Reshape", [rows, back]), h]);
        y = Op("Add", [Op("MatMul", [Op("Relu", [Op("MatMul", [y, Weight(Width, Width)])]), Weight(Width, Width)]), y]);
        // A factor that depends on how many tokens there are.
        if (body == "count") y = Op("Mul", [y, Op("Sqrt", [Op("Cast", [Part(Op("Shape", [y]), 1)], ("to", 1L))])]);
        Value picked = head switch
        {
            "first" or "output" => Op("Gather", [y, Scalar(0)], ("axis", 1L)),
            "last" => Op("Gather", [y, Scalar(-1)], ("axis", -2L)),
            "slice" => Op("Squeeze", [Op("Slice", [y, Ints(0), Ints(1), Ints(1)]), Ints(1)]),
            "slice-last" => Op("Squeeze", [Op("Slice", [y, Ints(-1), Ints(long.MaxValue), Ints(-2)]), Ints(1)]),
            "two" => Op("Add", [Op("Gather", [y, Scalar(1)], ("axis", 1L)), Op("Gather", [y, Scalar(0)], ("axis", 1L))]),
            "mean" => Op("Add", [Op("Gather", [y, Scalar(0)], ("axis", 1L)), Op("ReduceMean", [y], ("axes", new long[] { 1 }), ("keepdims", 0L))]),
            "step" => Op("ReduceMean", [Op("Slice", [y, Ints(0), Ints(5), Ints(1), Ints(2)])], ("axes", new long[] { 1 }), ("keepdims", 0L)),
            "open-range" => Op("ReduceMean", [Op("Slice", [y, Ints(0), Ints(2), Ints(1)])], ("axes", new long[] { 1 }), ("keepdims", 0L)),
            _ => throw new ArgumentOutOfRangeException(nameof(head)),
        };
        g.AddOutput(Op("MatMul", [picked, Weight(Width, Classes)]), ElementType.Float32, [new Axis(null, "n"), new Axis(Classes, null)]);
        if (head == "output") g.AddOutput(y, ElementType.Float32, null);
        return OnnxModel.Create(g, 17, 8, "tests");

        Value Op(string op, Value[] inputs, params (string Name, AttributeData Value)[] attributes) =>
            g.AddNode(op, inputs, op.ToLowerInvariant(), attributes: attributes.ToDictionary(a => a.Name, a => a.Value)).Outputs[0];
        Value Part(Value sizes, long index) => Op("Gather", [sizes, Ints(index)], ("axis", 0L));
        Value Ints(params long[] values) => g.AddInitializer("ints", TensorData.Vector(values));
        Value Scalar(long value) => g.AddInitializer("index", TensorData.Of([], value));
        Value Weight(params int[] sizes) => g.AddInitializer("w", TensorData.Of(
            [.. sizes.Select(s => (long)s)], [.. Enumerable.Range(0, sizes.Aggregate((a, b) => a * b)).Select(_ => (float)(random.NextDouble() - 0.5))]));
    }

    private static TensorData Random(long[] shape)
    {
        Random random = new((int)shape.Sum());
        return TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 2) - 1))]);
    }
}
