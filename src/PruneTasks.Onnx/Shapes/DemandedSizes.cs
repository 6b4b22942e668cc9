namespace PruneTasks.Onnx.Shapes;

/// <summary>
/// Sizes of input axes that the constants behind an input ask for, whether or not the file says them: channels of a convolution, rows of a matrix, entries that are
/// added to each place. Exporters that leave every axis open (batch, channels, height and width of an image) leave these open too.
/// </summary>
internal static class DemandedSizes
{
    // Inputs are normalised in a few steps at most; what lies deeper has axes of its own.
    private const int MostSteps = 64;

    /// <summary>For each axis of <paramref name="input"/> the size that is asked for; <see langword="null"/> where none is.</summary>
    public static long?[] Of(Value input)
    {
        int rank = input.DeclaredShape?.Count ?? 0;
        var sizes = new long?[rank];
        // Values with the axes of the input, and which axis each of theirs is.
        Queue<(Value Value, int[] AxisOf)> open = new([(input, [.. Enumerable.Range(0, rank)])]);
        HashSet<Value> seen = [input];
        for (int step = 0; step < MostSteps && open.TryDequeue(out (Value Value, int[] AxisOf) at); step++)
        {
            foreach (Use use in at.Value.Uses)
            {
                foreach ((int axis, long size) in Asked(use.Node, use.Index, rank))
                    if (size > 1) sizes[at.AxisOf[axis]] ??= size;
                if (Kept(use.Node, use.Index, at.AxisOf) is { } axes && use.Node.Outputs is [var next, ..] && seen.Add(next)) open.Enqueue((next, axes));
            }
        }
        return sizes;
    }

    private static IEnumerable<(int Axis, long Size)> Asked(Node node, int index, int rank)
    {
        IReadOnlyList<long>? Shape(int input) => input < node.Inputs.Count ? node.Inputs[input]?.Constant?.Shape : null;
        switch (node.OpType, index)
        {
            case ("Conv", 0) when rank > 2 && Shape(1) is { } w && w.Count == rank:
                yield return (1, w[1] * node.Int("group", 1));
                break;
            case ("ConvTranspose", 0) when rank > 2 && Shape(1) is { } w && w.Count == rank:
                yield return (1, w[0]);
                break;
            case ("MatMul", 0) when rank > 1 && Shape(1) is { Count: >= 2 } w:
                yield return (rank - 1, w[^2]);
                break;
            case ("Gemm", 0) when rank == 2 && Shape(1) is { Count: 2 } w:
                yield return (node.Int("transA", 0) == 0 ? 1 : 0, w[node.Int("transB", 0) == 0 ? 0 : 1]);
                break;
            case ("LSTM" or "GRU" or "RNN", 0) when rank == 3 && Shape(1) is { Count: 3 } w:
                yield return (2, w[2]);
                break;
            case ("BatchNormalization" or "InstanceNormalization", 0) when rank > 1 && Shape(1) is { Count: 1 } scale:
                yield return (1, scale[0]);
                break;
            case ("Add" or "Sub" or "Mul" or "Div" or "PRelu", 0 or 1) when Shape(1 - index) is { } other && other.Count <= rank:
                for (int i = 1; i <= other.Count; i++) yield return (rank - i, other[^i]);
                break;
        }
    }

    /// <summary>Which axis of the input each axis of the node's result is; <see langword="null"/> if it has others.</summary>
    private static int[]? Kept(Node node, int index, int[] axisOf)
    {
        if (node.Domain.Length > 0) return null;
        switch (node.OpType)
        {
            case "Cast" or "Identity" or "Clip" or "Dropout" or "Neg" when index == 0:
                return axisOf;
            case "Add" or "Sub" or "Mul" or "Div" when node.Inputs[1 - index]?.Constant is { } other && other.Shape.Count <= axisOf.Length:
                return axisOf;
            case "Transpose" when (node.Ints("perm") ?? [.. Enumerable.Range(0, axisOf.Length).Reverse().Select(i => (long)i)]) is { } perm && perm.Count == axisOf.Length && perm.All(p => p >= 0 && p < axisOf.Length):
                return [.. perm.Select(p => axisOf[p])];
            default:
                return null;
        }
    }
}
