using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What a Slice takes (ai.onnx Slice): attributes before opset 10, inputs since.</summary>
internal sealed record SliceArguments(long[] Starts, long[] Ends, long[] Axes, long[] Steps)
{
    /// <summary>Reads them; <see langword="null"/> if they are not constant.</summary>
    public static SliceArguments? Of(Node node, long opset, ShapeInvariants invariants)
    {
        long[]? starts = opset < 10 ? node.Ints("starts")?.ToArray() : Input(1), ends = opset < 10 ? node.Ints("ends")?.ToArray() : Input(2);
        if (starts is null || ends is null || starts.Length != ends.Length) return null;
        long[]? axes = opset < 10 ? node.Ints("axes")?.ToArray() : Input(3), steps = opset < 10 ? null : Input(4);
        if ((axes is null && Has(3)) || (steps is null && Has(4))) return null;
        axes ??= [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        steps ??= [.. starts.Select(_ => 1L)];
        return axes.Length == starts.Length && steps.Length == starts.Length ? new SliceArguments(starts, ends, axes, steps) : null;

        bool Has(int input) => opset >= 10 && input < node.Inputs.Count && node.Inputs[input] is not null;
        long[]? Input(int input) => Has(input) && invariants.ContentOf(node.Inputs[input]!) is { Type: ElementType.Int64 or ElementType.Int32 } content ? content.ToInt64s() : null;
    }

    /// <summary>Position of <paramref name="axis"/> in the lists; -1 if the Slice leaves it alone.</summary>
    public int IndexOf(int axis, int rank) => Array.FindIndex(Axes, a => (a < 0 ? a + rank : a) == axis);

    /// <summary>Gives <paramref name="node"/> these starts and ends.</summary>
    public void Write(Graph graph, Node node, long opset)
    {
        if (opset < 10)
        {
            graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes) { ["starts"] = Starts, ["ends"] = Ends });
            return;
        }
        graph.SetInput(node, 1, Vector(graph, node, 1, Starts));
        graph.SetInput(node, 2, Vector(graph, node, 2, Ends));
    }

    // Starts, ends, axes and steps share one element type: int32 or int64.
    private static Value Vector(Graph graph, Node node, int input, long[] values)
    {
        ElementType type = node.Inputs[input]!.Constant?.Type ?? node.Inputs[input]!.Type;
        TensorData data = type == ElementType.Int32
            ? new TensorData(type, [values.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(values.Select(v => (int)v).ToArray()).ToArray())
            : TensorData.Vector(values);
        return graph.AddInitializer(node.Outputs[0].Name + "_tokens", data);
    }
}
