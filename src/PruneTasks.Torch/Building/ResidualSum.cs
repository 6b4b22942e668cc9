using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Where the output of a linear layer joins the residual stream: <paramref name="Sum"/> = moves(layer output) + <paramref name="Stream"/>.</summary>
/// <param name="Sum">The sum.</param>
/// <param name="Stream">What the layer's output is added to.</param>
/// <param name="Moves">
/// Reshape, Transpose, … between the layer and the sum, in order; none of them touches the last axis. Also factors and summands that are constants
/// (LayerScale, a bias after a Reshape).
/// </param>
internal sealed record ResidualSum(Value Sum, Value Stream, IReadOnlyList<Node> Moves)
{
    /// <summary>The addition that alone reads <paramref name="output"/>, or <see langword="null"/> if there is none.</summary>
    public static ResidualSum? After(Value output, InferredShapes shapes)
    {
        List<Node> moves = [];
        Value value = output;
        while (!value.IsGraphOutput && !value.IsCaptured && Readers(value) is [var node] && IsMove(node, value, shapes))
        {
            moves.Add(node);
            value = node.Outputs[0];
        }
        if (value.IsGraphOutput || Readers(value) is not [{ OpType: "Add", Domain: "" } add]) return null;
        Value? stream = add.Inputs[0] == value ? add.Inputs[1] : add.Inputs[0];
        if (stream is not { Constant: null } || stream == value) return null;
        // A broadcast addition (a bias, a position embedding) is no residual stream.
        return SameShape(value, stream, shapes) ? new ResidualSum(add.Outputs[0], stream, moves) : null;
    }

    /// <summary>Brings <paramref name="y"/>, laid out as <see cref="Sum"/>, into the layout of the layer's output.</summary>
    /// <param name="y">The tensor.</param>
    /// <param name="before">For each of <see cref="Moves"/>, a tensor of the shape that its input has.</param>
    public Tensor Undo(Tensor y, ReadOnlySpan<Tensor> before)
    {
        for (int i = Moves.Count - 1; i >= 0; i--)
        {
            if (Moves[i].OpType == "Transpose")
            {
                long[] perm = [.. Moves[i].Ints("perm") ?? [.. Enumerable.Range(0, (int)y.ndim).Reverse().Select(p => (long)p)]];
                y = y.permute([.. Enumerable.Range(0, perm.Length).Select(axis => (long)Array.IndexOf(perm, axis))]);
            }
            else if (Moves[i].OpType is "Mul" or "Add")
            {
                Tensor constant = TorchTypes.ToTensor(Moves[i].Inputs.First(v => v!.Constant is not null)!.Constant!);
                y = Moves[i].OpType == "Mul" ? y / constant : y - constant;
            }
            else
            {
                y = y.reshape(before[i].shape);
            }
        }
        return y;
    }

    private static Node[] Readers(Value value) => [.. value.Uses.Select(u => u.Node).Where(n => n.OpType != "Shape")];

    private static bool IsMove(Node node, Value data, InferredShapes shapes) =>
        IsConstantFactor(node, data, shapes) || IsRowMove(node, data, shapes);

    // A channel that is scaled to (almost) nothing cannot be undone.
    private static bool IsConstantFactor(Node node, Value data, InferredShapes shapes)
    {
        if (node is not { Domain: "", OpType: "Mul" or "Add", Inputs: [{ } a, { } b] }) return false;
        if ((a == data ? b : a).Constant is not { Type: ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 } constant) return false;
        if (!SameShape(data, node.Outputs[0], shapes)) return false;
        if (node.OpType == "Add") return true;
        float[] sizes = [.. constant.ToFloats().Select(MathF.Abs)];
        return sizes.All(float.IsFinite) && sizes.Min() > 1e-4f * sizes.Max();
    }

    private static bool IsRowMove(Node node, Value data, InferredShapes shapes) =>
        node is { Domain: "", OpType: "Identity" or "Dropout" or "Reshape" or "Squeeze" or "Unsqueeze" or "Transpose" } && node.Inputs[0] == data
        && shapes.ShapeOf(data) is { Count: > 0 } from && shapes.ShapeOf(node.Outputs[0]) is { Count: > 0 } to && from[^1] == to[^1]
        && (node.OpType != "Transpose" || node.Ints("perm") is { } perm && perm[^1] == perm.Count - 1);

    private static bool SameShape(Value a, Value b, InferredShapes shapes) =>
        shapes.ShapeOf(a) is { } x && shapes.ShapeOf(b) is { } y && x.SequenceEqual(y);
}
