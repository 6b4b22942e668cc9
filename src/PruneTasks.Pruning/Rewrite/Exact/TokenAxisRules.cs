using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// What of its inputs an operator needs to give some tokens of its output. Only operators that treat every token alike have an answer.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="invariants">What is constant in it.</param>
/// <param name="runs">Shapes under several bindings; a rule has to hold under all of them.</param>
/// <param name="tokens">Number of tokens in each run.</param>
internal sealed class TokenAxisRules(OnnxModel model, ShapeInvariants invariants, IReadOnlyList<InferredShapes> runs, IReadOnlyList<long> tokens)
{
    /// <summary>Inputs of <paramref name="node"/> of which only these tokens are needed, and where they are; <see langword="null"/> if it does not treat every token alike.</summary>
    /// <remarks>All other inputs are needed as they are.</remarks>
    public IReadOnlyList<(int Input, TokenPlace Place)>? Needs(Node node, Value output, TokenPlace place)
    {
        if (Shapes(output) is not { } y || node.Inputs.Count == 0) return null;
        int rank = y[0].Count, axis = place.Axis;
        return OperatorTable.Default.BehaviourOf(node) switch
        {
            AxisBehaviour.Unary => First(place),
            AxisBehaviour.Binary when node.OpType == "CastLike" => First(place),
            // "broadcast" is the old way of opset 1 to 6, with an axis of its own.
            AxisBehaviour.Binary => node.Int("broadcast", 0) == 0 ? Broadcast(node, y, place, [.. Enumerable.Range(0, node.Inputs.Count)], constants: true) : null,
            AxisBehaviour.MatMul => Product(node, y, place),
            AxisBehaviour.Gemm => axis == 0 && Gemm(node, y, place) is { } g ? g : null,
            AxisBehaviour.Einsum => Einsum(node, y, place),
            AxisBehaviour.Softmax => Softmax(node, axis, rank) ? First(place) : null,
            AxisBehaviour.Normalization => Normalization(node, axis, rank) ? First(place) : null,
            AxisBehaviour.Reduce => Reduce(node, place),
            AxisBehaviour.Transpose => First(place.On((int)(node.Ints("perm")?[axis] ?? rank - 1 - axis))),
            AxisBehaviour.Reshape => Reshape(node, output, place) is { } from ? First(from) : null,
            AxisBehaviour.Slice => PassesSlice(node, y, axis) ? First(place) : null,
            AxisBehaviour.Split => Normal(node.Int("axis", 0), rank) != axis ? First(place) : null,
            AxisBehaviour.Concat => Normal(node.Int("axis", model.Opset < 4 ? 1 : 0), rank) != axis ? [.. node.Inputs.Select((_, i) => (i, place))] : null,
            AxisBehaviour.Gather => Gather(node, axis) is { } before ? First(place.On(before)) : null,
            _ => null,
        };
    }

    /// <summary>Shape of <paramref name="value"/> in every run; <see langword="null"/> if one is not known.</summary>
    public IReadOnlyList<long>[]? Shapes(Value value)
    {
        IReadOnlyList<long>[] shapes = [.. runs.Select(r => r.ShapeOf(value)).OfType<IReadOnlyList<long>>()];
        return shapes.Length == runs.Count && shapes.All(s => s.Count == shapes[0].Count) ? shapes : null;
    }

    /// <summary>The axis holds the tokens and nothing else.</summary>
    public bool IsOwnAxis(Value value, TokenPlace place) =>
        Shapes(value) is { } shapes && place.Axis < shapes[0].Count && shapes.Select((s, i) => s[place.Axis] == tokens[i] && place.Inner[i] == 1).All(x => x);

    private static (int, TokenPlace)[] First(TokenPlace place) => [(0, place)];

    /// <summary>Operands aligned at the last axis: those as long as the result are cut, those of size 1 are repeated.</summary>
    private List<(int, TokenPlace)>? Broadcast(Node node, IReadOnlyList<long>[] y, TokenPlace place, int[] operands, bool constants)
    {
        List<(int, TokenPlace)> needs = [];
        foreach (int i in operands)
        {
            if (node.Inputs[i] is not { } input) continue;
            if (Shapes(input) is not { } x) return null;
            int axis = place.Axis - y[0].Count + x[0].Count;
            if (axis < 0 || x.All(s => s[axis] == 1)) continue;
            if (x.Where((s, r) => s[axis] != y[r][place.Axis]).Any() || (!constants && input.Constant is not null)) return null;
            needs.Add((i, place.On(axis)));
        }
        return needs.Count > 0 ? needs : null;
    }

    private List<(int, TokenPlace)>? Product(Node node, IReadOnlyList<long>[] y, TokenPlace place)
    {
        if (Shapes(node.Inputs[0]!) is not { } a || Shapes(node.Inputs[1]!) is not { } b || a[0].Count < 2 || b[0].Count < 2) return null;
        int fromEnd = y[0].Count - place.Axis;
        return fromEnd > 2 ? Broadcast(node, y, place, [0, 1], constants: false) : Broadcast(node, y, place, [fromEnd == 2 ? 0 : 1], constants: false);
    }

    private List<(int, TokenPlace)>? Gemm(Node node, IReadOnlyList<long>[] y, TokenPlace place)
    {
        if (node.Inputs[0]!.Constant is not null) return null;
        List<(int, TokenPlace)> needs = [(0, place.On(node.Int("transA", 0) == 0 ? 0 : 1))];
        if (node.Inputs.Count < 3 || node.Inputs[2] is not { } bias) return needs;
        if (Shapes(bias) is not { } c) return null;
        if (c[0].Count == 2 && c.Any(s => s[0] != 1))
        {
            if (Broadcast(node, y, place, [2], constants: true) is not { } rows) return null;
            needs.AddRange(rows);
        }
        return needs;
    }

    private List<(int, TokenPlace)>? Einsum(Node node, IReadOnlyList<long>[] y, TokenPlace place)
    {
        if (EinsumEquation.Parse(node.String("equation")) is not { } equation || equation.Operands.Append(equation.Output).Any(t => t.Contains(EinsumEquation.Ellipsis))) return null;
        char letter = equation.Output[place.Axis];
        List<(int, TokenPlace)> needs = [];
        for (int i = 0; i < equation.Operands.Count; i++)
        {
            string operand = equation.Operands[i];
            if (!operand.Contains(letter)) continue;
            int axis = operand.IndexOf(letter);
            if (operand.LastIndexOf(letter) != axis || node.Inputs[i] is not { Constant: null } input || Shapes(input) is not { } x) return null;
            if (x.Where((s, r) => s[axis] != y[r][place.Axis]).Any()) return null;
            needs.Add((i, place.On(axis)));
        }
        return needs;
    }

    // Before opset 13 the axes from "axis" on are normalised together.
    private bool Softmax(Node node, int axis, int rank) =>
        model.Opset < 13 ? axis < Normal(node.Int("axis", 1), rank) : axis != Normal(node.Int("axis", -1), rank);

    private bool Normalization(Node node, int axis, int rank) => node.OpType switch
    {
        "LayerNormalization" or "SimplifiedLayerNormalization" or "RMSNormalization" =>
            axis < Normal(node.Int("axis", -1), rank) && node.Inputs.Skip(1).All(v => v is null || (Shapes(v) is { } s && (s[0].Count < rank - axis || s.All(d => d[axis - rank + d.Count] == 1)))),
        "LpNormalization" => axis != Normal(node.Int("axis", -1), rank),
        // One scale for each channel, which is axis 1; in training form statistics of the batch enter.
        "BatchNormalization" => axis != 1 && rank > 1 && node.Outputs.Count == 1 && node.Int("training_mode", 0) == 0 && (model.Opset >= 7 || node.Int("is_test", 0) != 0),
        _ => false,
    };

    private (int, TokenPlace)[]? Reduce(Node node, TokenPlace place)
    {
        if (Shapes(node.Inputs[0]!) is not { } x) return null;
        int rank = x[0].Count;
        long[]? given = node.OpType is "ArgMax" or "ArgMin" ? [node.Int("axis", 0)] : node.Ints("axes")?.ToArray();
        if (given is null && node.Inputs.Count > 1 && node.Inputs[1] is { } input) given = invariants.ContentOf(input)?.ToInt64s();
        if (given is null or []) return null;
        int[] reduced = [.. given.Select(a => Normal(a, rank))];
        int[] order = node.Int("keepdims", 1) != 0 ? [.. Enumerable.Range(0, rank)] : [.. Enumerable.Range(0, rank).Where(a => !reduced.Contains(a))];
        return reduced.Contains(order[place.Axis]) ? null : First(place.On(order[place.Axis]));
    }

    /// <summary>Elements keep their order: the tokens are as far apart in the input as in the output.</summary>
    private TokenPlace? Reshape(Node node, Value output, TokenPlace place)
    {
        // Without axes, Squeeze would also drop the axis of tokens when one is left.
        if (node.OpType == "Squeeze" && node.Ints("axes") is null && (node.Inputs.Count < 2 || node.Inputs[1] is null)) return null;
        if (Shapes(node.Inputs[0]!) is not { } x || Shapes(output) is not { } y) return null;
        for (int axis = 0; axis < x[0].Count; axis++)
        {
            long[] inner = new long[x.Length];
            bool fits = true;
            for (int r = 0; r < x.Length && fits; r++)
            {
                long step = place.Inner[r] * Count(y[r].Skip(place.Axis + 1)), behind = Count(x[r].Skip(axis + 1));
                fits = behind > 0 && step % behind == 0 && x[r][axis] > 0 && x[r][axis] * behind % (step * tokens[r]) == 0;
                inner[r] = fits ? step / behind : 0;
            }
            if (fits && new TokenPlace(axis, inner) is var from && (node.OpType != "Reshape" || ReshapeTarget.CanShorten(node, from, place, this, invariants))) return from;
        }
        return null;
    }

    private bool PassesSlice(Node node, IReadOnlyList<long>[] y, int axis)
    {
        int rank = y[0].Count;
        // Of starts and ends only those of the axis of tokens matter; the others may be computed.
        long[]? axes = model.Opset < 10 ? node.Ints("axes")?.ToArray() : node.Inputs.Count > 3 && node.Inputs[3] is { } a ? invariants.ContentOf(a)?.ToInt64s() : null;
        return axes is not null && axes.All(x => Normal(x, rank) != axis);
    }

    private int? Gather(Node node, int axis)
    {
        if (Shapes(node.Inputs[0]!) is not { } x || Shapes(node.Inputs[1]!) is not { } indices) return null;
        int picked = Normal(node.Int("axis", 0), x[0].Count), added = indices[0].Count;
        return axis < picked ? axis : axis >= picked + added ? axis - added + 1 : null;
    }

    private static long Count(IEnumerable<long> sizes) => sizes.Aggregate(1L, (a, b) => a * b);

    private static int Normal(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);
}
