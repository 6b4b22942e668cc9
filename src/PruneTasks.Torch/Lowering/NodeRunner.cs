using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>Runs single nodes with torch: checks that they fit, frees what the operator leaves behind, and says by node what went wrong.</summary>
/// <param name="plan">How each node of the graph is run.</param>
/// <param name="bodies">The graphs inside its nodes (If, Loop, Scan).</param>
internal sealed class NodeRunner(LoweringPlan plan, IReadOnlyDictionary<Graph, LoweredGraph> bodies)
{
    /// <summary>Runs one node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="how">How it is run.</param>
    /// <param name="get">Gives the values that it reads.</param>
    /// <returns>One tensor for each output, null where the operator leaves one out; of the caller's dispose scope.</returns>
    /// <exception cref="LoweringException">The node is refused, or the tensors do not fit it.</exception>
    public Tensor?[] Run(Node node, NodePlan how, Func<Value, Tensor> get)
    {
        if (how.Refusal is { } refusal) throw new LoweringException(node, refusal.Reason);
        var inputs = new Tensor?[node.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++) inputs[i] = node.Inputs[i] is { } value ? get(value) : null;
        // Before the scope: what is fetched here may be kept for nodes to come.
        Func<Graph, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>? runBody = how.HasBodies ? BodyRunner(node, get) : null;
        MemoryClaim.Check(node, how.IsBinary, inputs);
        using var scope = NewDisposeScope();
        try
        {
            if (UnsignedIntegers.Refuse(node, plan.Types, inputs) is { } beyond) throw new LoweringException(node, beyond);
            Tensor?[] found = how.Row!.Run(new LoweringCall(node, how.Opset, inputs, plan.Types, runBody));
            var outputs = new Tensor?[Math.Min(found.Length, node.Outputs.Count)];
            for (int i = 0; i < outputs.Length; i++)
            {
                if (found[i] is not { } output) continue;
                Tensor wrapped = UnsignedIntegers.Wrapped(output, plan.Types.Of(node.Outputs[i]));
                // An operator may hand an input through; the handle must be its own to be freed on its own.
                outputs[i] = (Array.Exists(inputs, input => ReferenceEquals(input, wrapped)) ? wrapped.alias() : wrapped).MoveToOuterDisposeScope();
            }
            return outputs;
        }
        catch (Exception e) when (e is ExternalException or ArgumentException or NotImplementedException or InvalidOperationException or IndexOutOfRangeException or ArithmeticException)
        {
            string shapes = string.Join(" ", inputs.Select(i => i is null ? "-" : $"{i.dtype}[{string.Join(",", i.shape)}]"));
            throw new LoweringException(node, $"{e.Message.Split('\n')[0]} (inputs {shapes})", e);
        }
    }

    private Func<Graph, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> BodyRunner(Node node, Func<Value, Tensor> get)
    {
        Dictionary<string, Tensor> captured = node.Captured.ToDictionary(value => value.Name, get, StringComparer.Ordinal);
        return (body, given) => RunBody(body, given, captured);
    }

    private IReadOnlyList<Tensor> RunBody(Graph body, IReadOnlyList<Tensor> inputs, Dictionary<string, Tensor> captured)
    {
        Dictionary<Value, Tensor> known = [];
        for (int i = 0; i < inputs.Count; i++) known.Add(body.Inputs[i], inputs[i]);
        foreach (Value outer in body.Outer)
            if (captured.TryGetValue(outer.Name, out Tensor? tensor)) known.Add(outer, tensor);
        return bodies[body].Run(known, body.Outputs);
    }
}
