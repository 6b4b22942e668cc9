using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>One call of an operator: its node and the tensors at its inputs.</summary>
internal readonly struct LoweringCall(
    Node node, long opset, Tensor?[] inputs, ElementTypes? types = null, Func<Graph, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>? runBody = null)
{
    internal Node Node => node;

    /// <summary>Opset of the node's domain.</summary>
    internal long Opset => opset;

    /// <summary>Element type of an input in ONNX, which may be narrower than what is computed with; undefined if the input is absent or its type cannot be told.</summary>
    internal ElementType TypeOf(int input) => types?.Of(input < node.Inputs.Count ? node.Inputs[input] : null) ?? ElementType.Undefined;

    /// <summary>Element type of an output in ONNX.</summary>
    internal ElementType OutputType(int output) => types?.Of(output < node.Outputs.Count ? node.Outputs[output] : null) ?? ElementType.Undefined;

    /// <summary>Somebody reads this output.</summary>
    internal bool IsUsed(int output) => LoweringRow.IsUsed(node, output);

    internal int Count => inputs.Length;

    /// <summary>Required input.</summary>
    internal Tensor this[int index] => Optional(index) ?? throw Fail($"input {index} is missing");

    /// <summary>Input that may be left out.</summary>
    internal Tensor? Optional(int index) => index < inputs.Length ? inputs[index] : null;

    /// <summary>The body in an attribute.</summary>
    internal Graph Body(string attribute) =>
        node.Attributes.TryGetValue(attribute, out AttributeData? a) && a.Bodies is [var body] ? body : throw Fail($"'{attribute}' holds no body");

    /// <summary>Runs a body on its inputs; what it reads from outside it gets from there.</summary>
    internal IReadOnlyList<Tensor> RunBody(Graph body, IReadOnlyList<Tensor> bodyInputs) =>
        body.Inputs.Count == bodyInputs.Count ? runBody!(body, bodyInputs) : throw Fail($"a body takes {body.Inputs.Count} inputs, not {bodyInputs.Count}");

    /// <summary>All inputs, for variadic operators.</summary>
    internal IEnumerable<Tensor> All()
    {
        LoweringCall me = this;
        return Enumerable.Range(0, Count).Select(i => me[i]);
    }

    /// <summary>Elements of an integer input such as a shape.</summary>
    internal long[] Integers(int index) => Integers(this[index]);

    /// <summary>A list that is an attribute in older opsets and an input in newer ones; <see langword="null"/> if it is neither.</summary>
    internal long[]? List(string attribute, int input) =>
        node.Ints(attribute) is { } list ? [.. list] : Optional(input) is { } tensor ? Integers(tensor) : null;

    /// <summary>A number that is an attribute in older opsets and an input in newer ones.</summary>
    internal double? Number(string attribute, int input) =>
        node.Attributes.TryGetValue(attribute, out AttributeData? a) ? a.Float ?? a.Int
        : Optional(input) is { } tensor ? tensor.to(ScalarType.Float64).item<double>() : null;

    /// <summary>Axis counted from the front.</summary>
    internal long Axis(long axis, long rank) =>
        axis >= -rank && axis < Math.Max(rank, 1) ? (axis < 0 ? axis + rank : axis) : throw Fail($"axis {axis} of a tensor with {rank} axes");

    internal LoweringException Fail(string reason) => new(node, reason);

    private static long[] Integers(Tensor tensor) => tensor.to(ScalarType.Int64).contiguous().data<long>().ToArray();
}

/// <summary>One row of <see cref="LoweringTable"/>.</summary>
/// <param name="OpType">Operator.</param>
/// <param name="Run">Computes the outputs, or the leading ones that are used. May return an input or a view of one.</param>
internal sealed record LoweringRow(string OpType, Func<LoweringCall, Tensor?[]> Run)
{
    /// <summary>Domain; empty for ai.onnx.</summary>
    internal string Domain { get; init; } = "";

    /// <summary>Reason why this form of the operator cannot be run, or <see langword="null"/>; sees node and opset.</summary>
    internal Func<Node, long, string?> Refuse { get; init; } = (_, _) => null;

    /// <summary>As <see cref="Refuse"/>, by the element types of inputs and outputs.</summary>
    internal Func<Node, ElementTypes, string?> RefuseTypes { get; init; } = (_, _) => null;

    /// <summary>Outputs that can be computed; a node that uses a later one is refused.</summary>
    internal int Outputs { get; init; } = 1;

    /// <summary>Somebody reads output <paramref name="output"/> of <paramref name="node"/>.</summary>
    internal static bool IsUsed(Node node, int output) =>
        output < node.Outputs.Count && node.Outputs[output] is var value && (value.Uses.Count > 0 || value.IsGraphOutput || value.IsCaptured);

    internal static LoweringRow One(string opType, Func<LoweringCall, Tensor> run) => new(opType, call => [run(call)]);
}
