using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Tells from the operators behind an input what it stands for. No name is looked at.</summary>
internal static class InputReading
{
    // Values as large as these are pixels: scaled down or centred by the model itself.
    private const double LargeOffset = 30, SmallFactor = 0.02;

    /// <summary>Guesses for all inputs, in order.</summary>
    public static IReadOnlyList<InputGuess> Read(Graph graph)
    {
        InputGuess[] guesses = [.. graph.Inputs.Select(Guess)];
        // What the model gives back in the same form is state. Something has to come from outside: if all inputs are of that kind, the first one.
        (int Input, int Output)[] states = [.. StatesOf(graph, guesses)];
        if (states.Length == guesses.Length) states = [.. states.Where(s => s.Input > 0)];
        foreach ((int input, int output) in states) guesses[input] = guesses[input] with { Role = InputRole.State, NextState = output };
        // A decoder with caches is told where its new tokens stand: what looks up another table than the one with a row for each word.
        if (states.Length > 0 && graph.Outputs[0].DeclaredShape is [.., { Size: { } words }] && guesses.Any(g => g.Role == InputRole.Tokens && g.Below == words))
        {
            for (int i = 0; i < guesses.Length; i++)
                if (guesses[i] is { Role: InputRole.Tokens, Below: > 2 } places && places.Below != words) guesses[i] = places with { Role = InputRole.Places };
        }
        return guesses;
    }

    private static IEnumerable<(int Input, int Output)> StatesOf(Graph graph, InputGuess[] guesses)
    {
        if (guesses.Length < 2) yield break;
        HashSet<int> taken = [];
        for (int i = guesses.Length - 1; i >= 0; i--)
        {
            Value input = guesses[i].Value;
            if (!guesses[i].IsFloat || input.DeclaredShape is not { Count: >= 2 } shape) continue;
            int output = Enumerable.Range(0, graph.Outputs.Count).LastOrDefault(o => !taken.Contains(o) && IsAlike(shape, graph.Outputs[o].DeclaredShape, input.Type, graph.Outputs[o].Type), -1);
            if (output >= 0 && taken.Add(output)) yield return (i, output);
        }
    }

    // A cache of keys and values grows along one axis.
    private static bool IsAlike(IReadOnlyList<Axis> a, IReadOnlyList<Axis>? b, ElementType typeA, ElementType typeB) =>
        b is not null && typeA == typeB && a.Count == b.Count && a.Zip(b, (x, y) => x == y || (x.Size is null && y.Size is null) ? 0 : 1).Sum() == 0;

    private static InputGuess Guess(Value input)
    {
        (Node Node, int Index)[] readers = [.. Readers(input)];
        int rank = input.DeclaredShape?.Count ?? readers.Select(r => RankFor(r.Node, r.Index)).FirstOrDefault(r => r is not null) ?? -1;
        InputGuess guess = new(input, InputRole.Features) { Demanded = rank < 0 ? null : Demands(input, rank) };
        if (input.Type == ElementType.Bool) return guess with { Role = InputRole.Mask };
        if (rank == 4 || (rank == 5 && guess.IsFloat)) return guess with { Role = InputRole.Image, IsBytes = input.Type == ElementType.UInt8 || ScalesDown(input) };
        if (guess.IsFloat)
        {
            long last = input.DeclaredShape is { Count: > 0 } shape ? shape[^1].Size ?? 0 : 0;
            return last >= 1000 && rank is 2 or 3 && readers.All(r => r.Node.OpType is not ("MatMul" or "Gemm")) ? guess with { Role = InputRole.Signal } : guess;
        }
        return Whole(guess, rank, readers);
    }

    private static InputGuess Whole(InputGuess guess, int rank, (Node Node, int Index)[] readers)
    {
        long[] tables = [.. readers.Select(r => TableOf(r.Node, r.Index)).OfType<long>()];
        if (tables.Length > 0) return guess with { Role = InputRole.Tokens, Below = Math.Max(1, tables.Min()) };
        long[] compared = [.. readers.Where(r => r.Node.OpType is "Equal" or "Greater" or "Less" or "GreaterOrEqual" or "LessOrEqual").SelectMany(r => Numbers(r.Node.Inputs[1 - r.Index]))];
        if (rank == 0 || (rank == 1 && guess.Value.DeclaredShape is [{ Size: 1 }]))
            return guess with { Role = InputRole.Setting, Setting = compared.Length > 0 ? compared[0] : 1 };
        // Compared with all numbers of a range: one-hot by hand.
        if (compared.Distinct().Count() > 2) return guess with { Role = InputRole.Tokens, Below = compared.Max() + 1 };
        if (rank == 1) return guess with { Role = InputRole.Length };
        return guess.Value.Type == ElementType.UInt8
            ? guess with { Role = InputRole.Tokens, Below = 256 }
            : guess with { Role = InputRole.Mask };
    }

    /// <summary>Rows of the table that input <paramref name="index"/> of a node points into.</summary>
    private static long? TableOf(Node node, int index)
    {
        switch (node.OpType, index)
        {
            case ("Gather" or "GatherElements", 1) when ShapeOfConstant(node.Inputs[0]) is { Count: > 0 } data:
                long axis = node.Int("axis", 0);
                return data[(int)(axis < 0 ? axis + data.Count : axis)];
            case ("OneHot", 0) when Numbers(node.Inputs[1]) is [var depth, ..]:
                return depth;
            case ("ArrayFeatureExtractor", 1) when ShapeOfConstant(node.Inputs[0]) is { Count: > 0 } features:
                return features[^1];
            // com.microsoft: word ids and segment ids, with their tables at inputs 2 and 4.
            case ("EmbedLayerNormalization", 0 or 1) when ShapeOfConstant(node.Inputs[index == 0 ? 2 : 4]) is { Count: > 0 } rows:
                return rows[0];
            default:
                return null;
        }
    }

    private static IReadOnlyList<long>? ShapeOfConstant(Value? value)
    {
        while (value is { Constant: null, Producer: { OpType: "Cast" or "Identity" or "DequantizeLinear" } node }) value = node.Inputs[0];
        return value?.Constant?.Shape;
    }

    private static long[] Numbers(Value? value)
    {
        while (value is { Constant: null, Producer: { OpType: "Cast" or "Identity" or "Reshape" or "Unsqueeze" or "Expand" } node }) value = node.Inputs[0];
        return value?.Constant switch
        {
            { Count: 0 } or null => [],
            { Type: ElementType.Float32 or ElementType.Float16 or ElementType.Float64 or ElementType.BFloat16 } floats => [.. floats.ToFloats().Where(x => x is > -1e9f and < 1e9f).Select(x => (long)x)],
            { Type: ElementType.String or ElementType.Undefined } => [],
            var whole => whole.ToInt64s(),
        };
    }

    private static int? RankFor(Node node, int index) => (node.OpType, index) switch
    {
        ("Conv" or "ConvTranspose", 0) => ShapeOfConstant(node.Inputs[1])?.Count,
        ("Gemm", 0) => 2,
        ("MatMul", 0) => ShapeOfConstant(node.Inputs[1]) is null ? null : 2,
        ("LSTM" or "GRU" or "RNN", 0) => 3,
        ("Gather", 1) => 2,
        _ => null,
    };

    /// <summary>Sizes that layers directly behind the input ask for.</summary>
    private static long?[] Demands(Value input, int rank)
    {
        var sizes = new long?[rank];
        foreach ((Node node, int index) in Readers(input, OnlyElementwise))
        {
            if (index != 0) continue;
            IReadOnlyList<long>? weight = node.Inputs.Count > 1 ? ShapeOfConstant(node.Inputs[1]) : null;
            switch (node.OpType)
            {
                case "Conv" when weight is { Count: > 1 } && rank == weight.Count:
                    sizes[1] = weight[1] * node.Int("group", 1);
                    break;
                case "MatMul" when weight is { Count: >= 2 } && rank > 0:
                    sizes[^1] = weight[^2];
                    break;
                case "Gemm" when weight is { Count: 2 } && rank == 2 && node.Int("transA", 0) == 0:
                    sizes[1] = weight[node.Int("transB", 0) == 0 ? 0 : 1];
                    break;
                case "LSTM" or "GRU" or "RNN" when weight is { Count: 3 } && rank == 3:
                    sizes[2] = weight[2];
                    break;
            }
        }
        return sizes;
    }

    private static bool ScalesDown(Value input)
    {
        foreach ((Node node, int index) in Readers(input, n => n.OpType is "Cast" or "Identity" or "Transpose"))
        {
            Value? other = node.Inputs.Count == 2 ? node.Inputs[1 - index] : null;
            float[] numbers = other?.Constant is { Type: ElementType.Float32 or ElementType.Float16 or ElementType.Float64, Count: > 0 } c ? c.ToFloats() : [];
            double size = numbers.Length == 0 ? 0 : numbers.Average(x => Math.Abs(x));
            if (node.OpType is "Sub" or "Add" or "Div" && size > LargeOffset) return true;
            if (node.OpType == "Mul" && size is > 0 and < SmallFactor) return true;
            if (node.OpType == "BatchNormalization" && index == 0 && node.Inputs[3]?.Constant?.ToFloats() is { Length: > 0 } means && means.Average(x => Math.Abs(x)) > LargeOffset) return true;
        }
        return false;
    }

    private static bool OnlyElementwise(Node node) => node.OpType is "Cast" or "Identity" or "Sub" or "Add" or "Mul" or "Div" or "Dropout" or "Clip";

    private static bool MovesOrCasts(Node node) => node.OpType is
        "Cast" or "Identity" or "Reshape" or "Unsqueeze" or "Squeeze" or "Flatten" or "Transpose" or "Slice" or "Expand" or "Clip" or "Split" or "Tile";

    private static IEnumerable<(Node Node, int Index)> Readers(Value input) => Readers(input, MovesOrCasts);

    /// <summary>Nodes that read the input, seen through some operators.</summary>
    private static IEnumerable<(Node Node, int Index)> Readers(Value input, Func<Node, bool> through)
    {
        Queue<Value> open = new([input]);
        HashSet<Value> seen = [input];
        while (open.TryDequeue(out Value? value))
        {
            foreach (Use use in value.Uses)
            {
                yield return (use.Node, use.Index);
                if (!through(use.Node)) continue;
                foreach (Value output in use.Node.Outputs)
                {
                    if (seen.Add(output)) open.Enqueue(output);
                }
            }
        }
    }
}
