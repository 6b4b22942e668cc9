using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A factor of the work of a node: one size, and the axes that have it.</summary>
internal sealed record WorkLetter(long Size, IReadOnlyList<(Value Value, int Axis)> Axes);

/// <summary>Multiply-accumulates of a node as a product of sizes, as <see cref="CostModel"/> counts them: what becomes of them when axes become shorter.</summary>
internal sealed record WorkTerm(IReadOnlyList<WorkLetter> Letters)
{
    /// <summary>The products that <paramref name="node"/> is the sum of; none if it multiplies nothing, or that is not known.</summary>
    public static IReadOnlyList<WorkTerm> Of(Node node, InferredShapes shapes)
    {
        if (node.Inputs.All(v => v?.Constant is not null) || node.Outputs.Count == 0) return [];
        try
        {
            switch (OperatorTable.Default.BehaviourOf(node), node.OpType)
            {
                case (AxisBehaviour.MatMul, _):
                    return [OfMatMul(node, shapes)];
                case (AxisBehaviour.Gemm, _):
                    (int row, int sum) = node.Int("transA", 0) != 0 ? (1, 0) : (0, 1);
                    (int rows, int column) = node.Int("transB", 0) != 0 ? (1, 0) : (0, 1);
                    Value[] g = [node.Inputs[0]!, node.Inputs[1]!, node.Outputs[0]];
                    return [new WorkTerm([Letter(shapes, (g[2], 0), (g[0], row)), Letter(shapes, (g[2], 1), (g[1], column)), Letter(shapes, (g[0], sum), (g[1], rows))])];
                case (AxisBehaviour.Einsum, _):
                    return OfEinsum(node, shapes);
                case (AxisBehaviour.Conv, _):
                    return [OfConvolution(node, shapes)];
                case (AxisBehaviour.Recurrent, _):
                    return [OfRecurrent(node.Inputs[0]!, node.Inputs[1]!, shapes), OfRecurrent(node.Inputs[0]!, node.Inputs[2]!, shapes)];
                default:
                    return [];
            }
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            return []; // A shape is not known: the cost model does not count the node either.
        }
    }

    private static WorkTerm OfMatMul(Node node, InferredShapes shapes)
    {
        Value a = node.Inputs[0]!, b = node.Inputs[1]!, y = node.Outputs[0];
        int ranksA = Rank(a, shapes), ranksB = Rank(b, shapes), rank = Rank(y, shapes);
        if (ranksA < 2 || ranksB < 2)
        {
            // A vector: nothing of it is ever cut.
            return new WorkTerm([.. Sizes(y, shapes).Append(Sizes(a, shapes)[^1]).Select(size => new WorkLetter(size, []))]);
        }
        List<WorkLetter> letters = [];
        for (int i = 0; i < rank; i++)
        {
            List<(Value, int)> axes = [(y, i)];
            int fromEnd = rank - i;
            if (fromEnd >= 2 && ranksA - fromEnd >= 0 && Sizes(a, shapes)[ranksA - fromEnd] == Sizes(y, shapes)[i]) axes.Add((a, ranksA - fromEnd));
            if (fromEnd != 2 && ranksB - fromEnd >= 0 && Sizes(b, shapes)[ranksB - fromEnd] == Sizes(y, shapes)[i]) axes.Add((b, ranksB - fromEnd));
            letters.Add(new WorkLetter(Sizes(y, shapes)[i], axes));
        }
        return new WorkTerm([.. letters, Letter(shapes, (a, ranksA - 1), (b, ranksB - 2))]);
    }

    private static WorkTerm OfConvolution(Node node, InferredShapes shapes)
    {
        Value x = node.Inputs[0]!, w = node.Inputs[1]!, y = node.Outputs[0];
        bool transposed = node.OpType == "ConvTranspose";
        Value runs = transposed ? x : y;
        IEnumerable<WorkLetter> positions = Enumerable.Range(0, Rank(runs, shapes)).Where(i => i != 1).Select(i => Letter(shapes, (runs, i)));
        IEnumerable<WorkLetter> kernel = Enumerable.Range(2, Rank(w, shapes) - 2).Select(i => Letter(shapes, (w, i)));
        return new WorkTerm([Letter(shapes, (w, 0), (runs, 1)), Letter(shapes, (w, 1)), .. positions, .. kernel]);
    }

    private static WorkTerm OfRecurrent(Value x, Value weight, InferredShapes shapes) =>
        new([Letter(shapes, (x, 0)), Letter(shapes, (x, 1)), .. Enumerable.Range(0, 3).Select(i => Letter(shapes, (weight, i)))]);

    private static WorkTerm[] OfEinsum(Node node, InferredShapes shapes)
    {
        if (node.Inputs is not [{ } a, { } b] || EinsumEquation.Parse(node.String("equation")) is not { } equation) return [];
        Dictionary<char, WorkLetter> letters = [];
        List<WorkLetter> hidden = [];
        foreach ((Value value, string term) in (IEnumerable<(Value, string)>)[(a, equation.Operands[0]), (b, equation.Operands[1]), (node.Outputs[0], equation.Output)])
        {
            int covered = Rank(value, shapes) - term.Count(l => l != EinsumEquation.Ellipsis), at = 0;
            foreach (char letter in term)
            {
                if (letter == EinsumEquation.Ellipsis)
                {
                    // Axes under an ellipsis are never cut by their letter; the longest operand counts (CostModel).
                    WorkLetter[] under = [.. Enumerable.Range(at, covered).Select(i => Letter(shapes, (value, i)))];
                    if (Product(under) > Product(hidden)) hidden = [.. under];
                    at += covered;
                    continue;
                }
                WorkLetter one = Letter(shapes, (value, at++));
                letters[letter] = letters.TryGetValue(letter, out WorkLetter? known) ? new WorkLetter(Math.Max(known.Size, one.Size), [.. known.Axes, .. one.Axes]) : one;
            }
        }
        return [new WorkTerm([.. letters.Values, .. hidden])];

        static long Product(IEnumerable<WorkLetter> letters) => letters.Aggregate(1L, (n, l) => n * l.Size);
    }

    private static WorkLetter Letter(InferredShapes shapes, params (Value Value, int Axis)[] axes) => new(Sizes(axes[0].Value, shapes)[axes[0].Axis], axes);

    private static int Rank(Value value, InferredShapes shapes) => Sizes(value, shapes).Count;

    private static IReadOnlyList<long> Sizes(Value value, InferredShapes shapes) =>
        shapes.ShapeOf(value) ?? throw new InvalidOperationException($"the shape of '{value.Name}' is not known");
}
