namespace PruneTasks.Onnx;

/// <summary>Multiply-accumulates of single nodes.</summary>
internal static class Macs
{
    /// <summary>MACs of <paramref name="node"/>, 0 if it is not a product; <see langword="null"/> if that cannot be told.</summary>
    public static long? Of(Node node, InferredShapes shapes)
    {
        // A product of constants is computed once, before any sample.
        if (node.Inputs.All(v => v?.Constant is not null)) return 0;
        // Control flow, quantised and fused products, operators that nobody knows: they may multiply.
        if (OperatorTable.Default.Find(node) is not { } row || row is { Behaviour: AxisBehaviour.Barrier, HasShapeRule: false }) return null;
        if (row.Domain == "com.microsoft" && row.Behaviour == AxisBehaviour.Barrier && FusedMacs.Of(node, shapes) is { } fused) return fused.Macs;
        switch (row.Behaviour, node.OpType)
        {
            case (AxisBehaviour.MatMul, _):
                return shapes.ShapeOf(node.Outputs[0]) is { } y && Shape(0) is [.., var inner] ? Count(y) * inner : null;
            case (AxisBehaviour.Gemm, _):
                return shapes.ShapeOf(node.Outputs[0]) is { } g && Shape(0) is { Count: 2 } x ? Count(g) * x[node.Int("transA", 0) != 0 ? 0 : 1] : null;
            case (AxisBehaviour.Einsum, _):
                return Einsum(node, shapes);
            case (_, "MatMulInteger" or "QLinearMatMul"):
                return shapes.ShapeOf(node.Outputs[0]) is { } q && Shape(0) is { } b ? Count(q) * b[^1] : null;
            case (_, "ConvInteger" or "QLinearConv" or "DeformConv"):
                return shapes.ShapeOf(node.Outputs[0]) is { } d && Shape(node.OpType == "QLinearConv" ? 3 : 1) is { } f ? Count(d) * Count(f.Skip(1)) : null;
            case (AxisBehaviour.Conv, "ConvTranspose"):
                return Shape(0) is { } t && Shape(1) is { } k ? Count(t) * Count(k.Skip(1)) : null;
            case (AxisBehaviour.Conv, _):
                return shapes.ShapeOf(node.Outputs[0]) is { } c && Shape(1) is { } w ? Count(c) * Count(w.Skip(1)) : null;
            case (AxisBehaviour.Attention, _):
                return FusedMacs.OfAttention(node, shapes);
            case (AxisBehaviour.Recurrent, _):
                // Gates of input and recurrence, for each step and sample: W is [directions, gates * hidden, input], R [.., hidden].
                return Shape(0) is { Count: > 1 } s && Shape(1) is { } i && Shape(2) is { } r ? s[0] * s[1] * (Count(i) + Count(r)) : null;
            default:
                return 0;
        }

        IReadOnlyList<long>? Shape(int input) => input < node.Inputs.Count && node.Inputs[input] is { } value ? shapes.ShapeOf(value) : null;
    }

    // Every combination of all letters is one multiplication; exact for two operands, the naive order for more.
    private static long? Einsum(Node node, InferredShapes shapes)
    {
        if (node.Inputs.Count < 2) return 0;
        if (EinsumEquation.Parse(node.String("equation")) is not { } equation || equation.Operands.Count != node.Inputs.Count) return null;
        var sizes = new Dictionary<char, long>();
        long hidden = 1;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            if (node.Inputs[i] is not { } input || shapes.ShapeOf(input) is not { } shape) return null;
            string letters = equation.Operands[i];
            int covered = shape.Count - letters.Count(l => l != EinsumEquation.Ellipsis), at = 0;
            if (covered < 0 || (covered > 0 && !letters.Contains(EinsumEquation.Ellipsis))) return null;
            foreach (char letter in letters)
            {
                if (letter == EinsumEquation.Ellipsis)
                {
                    hidden = Math.Max(hidden, Count(shape.Skip(at).Take(covered)));
                    at += covered;
                    continue;
                }
                sizes[letter] = Math.Max(sizes.GetValueOrDefault(letter, 1), shape[at++]);
            }
        }
        return (node.Inputs.Count - 1) * hidden * Count(sizes.Values);
    }

    private static long Count(IEnumerable<long> shape) => shape.Aggregate(1L, (a, b) => a * b);
}
