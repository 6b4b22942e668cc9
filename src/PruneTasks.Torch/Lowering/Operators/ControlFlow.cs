using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>If and Loop: their bodies run as graphs of their own (ONNX, docs/Operators.md).</summary>
internal static class ControlFlow
{
    // A condition that never becomes false ends here and not with the memory.
    private const long MostIterations = 1 << 16;

    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("If", c => [.. c.RunBody(c.Body(IsTrue(c, c[0]) ? "then_branch" : "else_branch"), [])]) { Outputs = int.MaxValue },
        new("Loop", Loop) { Outputs = int.MaxValue },
    ];

    /// <summary>The body is a branch that a constant condition rules out.</summary>
    internal static bool NeverRuns(Node node, Graph body)
    {
        if (node is not { Domain: "", OpType: "If", Inputs: [{ Constant: { Type: ElementType.Bool, Count: 1 } condition }] }) return false;
        string other = condition.Bytes.Span[0] != 0 ? "else_branch" : "then_branch";
        return node.Attributes.TryGetValue(other, out AttributeData? branch) && branch.Bodies.Contains(body);
    }

    // Inputs: most iterations, condition, values carried along. Body: iteration, condition, carried → condition, carried, one slice of each list.
    private static Tensor?[] Loop(LoweringCall c)
    {
        Graph body = c.Body("body");
        int carriedCount = Math.Max(0, c.Count - 2);
        if (body.Inputs.Count != carriedCount + 2 || body.Outputs.Count < carriedCount + 1) throw c.Fail($"the body has {body.Inputs.Count} inputs and {body.Outputs.Count} outputs for {carriedCount} values carried along");
        long most = c.Optional(0) is { } count ? c.Integers(0).Single() : long.MaxValue;
        bool goOn = c.Optional(1) is not { } condition || IsTrue(c, condition);
        List<Tensor> carried = [.. Enumerable.Range(2, carriedCount).Select(i => c.Optional(i) ?? throw c.Fail($"input {i} is missing"))];
        List<List<Tensor>> lists = [.. body.Outputs.Skip(1 + carriedCount).Select(_ => new List<Tensor>())];
        for (long i = 0; i < most && goOn; i++)
        {
            if (i >= MostIterations) throw c.Fail($"more than {MostIterations} iterations");
            using var scope = NewDisposeScope();
            IReadOnlyList<Tensor> results = c.RunBody(body, [Shaped(body.Inputs[0], tensor(i)), Shaped(body.Inputs[1], tensor(goOn)), .. carried]);
            goOn = IsTrue(c, results[0]);
            carried = [.. results.Skip(1).Take(carriedCount).Select(t => t.MoveToOuterDisposeScope())];
            for (int l = 0; l < lists.Count; l++) lists[l].Add(results[1 + carriedCount + l].MoveToOuterDisposeScope());
        }
        return [.. carried, .. lists.Select((list, l) => list.Count > 0 ? stack(list) : Empty(c, body.Outputs[1 + carriedCount + l]))];
    }

    /// <summary>No slice at all: as many axes as the body declares.</summary>
    internal static Tensor Empty(LoweringCall c, Value slice)
    {
        if (slice.DeclaredShape is not { } axes || TorchTypes.Of(slice.Type) is not { } type) throw c.Fail($"no iteration, and the body does not declare '{slice}'");
        return zeros([0, .. axes.Select(a => a.Size ?? 0)], type);
    }

    // Iteration and condition are scalars, or vectors of one where the body says so.
    private static Tensor Shaped(Value input, Tensor scalar) => input.DeclaredShape is { Count: 1 } ? scalar.reshape(1) : scalar;

    private static bool IsTrue(LoweringCall c, Tensor condition) =>
        condition.numel() == 1 ? condition.to(ScalarType.Bool).item<bool>() : throw c.Fail($"a condition with {condition.numel()} elements");
}
