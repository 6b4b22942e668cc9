using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// The operators that hold a whole attention layer, written out: products, scale, masks, Softmax. Keys and values that the caller gives and gets (a cache)
/// keep the operator as it is: what lies in them may not change its size.
/// </summary>
/// <remarks>
/// Definitions: ONNX Runtime, docs/ContribOperators.md (Attention, MultiHeadAttention, GroupQueryAttention of com.microsoft); ONNX, docs/Operators.md
/// (Attention, opset 23). Where the two say different things of one term, what ONNX Runtime computes is written.
/// One file, although a long one: the four operators share every piece below them.
/// </remarks>
internal sealed class UnfusedAttention(FusedPlace p, ICollection<FusedAttention>? done)
{
    private readonly List<AttentionTerm> _terms = [];
    private IReadOnlyList<string> _roles = [];

    /// <summary>The results, or <see langword="null"/>, and nothing added, if the node is used in a form that is left as it is.</summary>
    public Value?[]? Parts()
    {
        if (Keeps(p.Node) is not null || p.Node.Outputs.Skip(1).Any(o => o.Uses.Count > 0 || o.IsGraphOutput || o.IsCaptured)) return null;
        if (p.Input(0) is not { } first || p.TypeOf(first) is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16)) return null;
        return (p.Node.Domain, p.Node.OpType) switch
        {
            ("com.microsoft", "Attention") => Packed(),
            ("com.microsoft", "MultiHeadAttention") => MultiHead(),
            ("com.microsoft", "GroupQueryAttention") => Grouped(),
            ("", "Attention") => Standard(),
            _ => null,
        };
    }

    /// <summary>Why a node stays in one piece whatever stands around it; <see langword="null"/> if nothing speaks against taking it apart.</summary>
    public static string? Keeps(Node node)
    {
        bool Has(int input) => input < node.Inputs.Count && node.Inputs[input] is not null;
        bool Gives(int output) => output < node.Outputs.Count && node.Outputs[output] is var o && (o.Uses.Count > 0 || o.IsGraphOutput || o.IsCaptured);
        const string Cache = "its keys and values are kept in a cache that the caller gives and gets, so their size is part of the model's interface";
        return (node.Domain, node.OpType) switch
        {
            ("com.microsoft", "Attention") => Has(4) || Gives(1) ? Cache : node.Int("do_rotary", 0) != 0 ? "it turns queries and keys by tables of its own (do_rotary)" : null,
            ("com.microsoft", "MultiHeadAttention") => Has(6) || Has(7) || Gives(1) || Gives(2) ? Cache
                : !Has(1) || !Has(2) ? "its queries, keys and values are packed into one operand"
                : Has(8) || Has(9) ? "it reads a buffer of past keys" : Gives(3) ? "its scores are read by others" : null,
            ("com.microsoft", "GroupQueryAttention") => Has(3) || Has(4) || Gives(1) || Gives(2) ? Cache
                : Enumerable.Range(11, 4).Any(Has) ? "it has sinks of attention or quantised keys"
                : node.Int("smooth_softmax", 0) > 0 ? "its Softmax is not the usual one (smooth_softmax)"
                : node.String("k_quant_type", "NONE") != "NONE" || node.String("v_quant_type", "NONE") != "NONE" ? "its keys or values are quantised" : Gives(3) ? "its scores are read by others" : null,
            ("", "Attention") => Has(4) || Has(5) || Gives(1) || Gives(2) ? Cache : Has(6) ? "it has lengths of unpadded keys (opset 24)" : Gives(3) ? "its scores are read by others" : null,
            _ => "it is of a kind that is not taken apart",
        };
    }

    // Projections and attention in one; the columns of the weight are queries, keys and values.
    private Value?[]? Packed()
    {
        long heads = p.Node.Int("num_heads", 0);
        if (p.Input(1)?.Constant is not { Shape.Count: 2 } weight || (p.Input(2) is { } b && b.Constant is null) || heads <= 0 || p.Input(6) is not null) return null;
        long[] widths = p.Node.Ints("qkv_hidden_sizes") is { Count: 3 } given ? [.. given] : [weight.Shape[1] / 3, weight.Shape[1] / 3, weight.Shape[1] / 3];
        if (widths.Sum() != weight.Shape[1] || widths.Any(w => w <= 0 || w % heads != 0) || widths[0] != widths[1] || !HasMask(3)) return null;
        Value[] roles = [.. Enumerable.Range(0, 3).Select(i =>
        {
            int[] columns = [.. Enumerable.Range((int)widths[..i].Sum(), (int)widths[i])];
            string name = $"{p.Node.Outputs[0].Name}_{"qkv"[i]}";
            Value y = p.Add("MatMul", p.Node.Inputs[0], p.Model.Graph.AddInitializer(name + "_weight", LayerSlicer.Along(weight, 1, columns)));
            if (p.Input(2)?.Constant is { } bias) y = p.Sum(y, p.Model.Graph.AddInitializer(name + "_bias", LayerSlicer.Along(bias, 0, columns)));
            return Split(y, heads, widths[i] / heads);
        })];
        return [Join(Contrib(roles[0], roles[1], roles[2], widths[0] / heads, mask: 3, bias: 5), heads * (widths[2] / heads))];
    }

    private Value?[]? MultiHead()
    {
        long heads = p.Node.Int("num_heads", 0);
        if (heads <= 0 || Size(0, heads) is not { } size || Size(1, heads) != size || Size(2, heads) is not { } valueSize || !HasMask(4)) return null;
        if (p.ShapeOf(p.Node.Inputs[0]!)!.Count != 3 || p.ShapeOf(p.Node.Inputs[1]!)!.Count != p.ShapeOf(p.Node.Inputs[2]!)!.Count) return null;
        TensorData? bias = p.Input(3)?.Constant;
        // Keys and values that are split already got their biases before.
        if (p.Input(3) is not null && (bias is null || bias.Count != heads * ((2 * size) + valueSize) || p.ShapeOf(p.Node.Inputs[1]!)!.Count == 4)) return null;
        long at = 0;
        Value Role(int input, long width)
        {
            Value x = p.Node.Inputs[input]!;
            if (p.ShapeOf(x)!.Count == 4) return x;
            if (bias is not null && bias.ToFloats().AsSpan((int)at, (int)(heads * width)).ContainsAnyExcept(0)) x = Biased(x, LayerSlicer.Along(bias, 0, [.. Enumerable.Range((int)at, (int)(heads * width))]), $"{p.Node.Outputs[0].Name}_{"qkv"[input]}_bias");
            at += heads * width;
            return Split(x, heads, width);
        }
        Value q = Role(0, size), k = Role(1, size), v = Role(2, valueSize);
        return [Join(Contrib(q, k, v, size, mask: 4, bias: 5), heads * valueSize)];
    }

    // Sample b has seqlens_k[b] + 1 keys; what stands behind them is padding.
    private Value?[]? Grouped()
    {
        long heads = p.Node.Int("num_heads", 0), groups = p.Node.Int("kv_num_heads", 0);
        bool packed = p.Input(1) is null;
        if (heads <= 0 || groups <= 0 || heads % groups != 0 || p.Input(5) is null || p.Model.Opset < 11 || (p.Input(2) is null) != packed) return null;
        if (Size(0, packed ? heads + (2 * groups) : heads) is not { } size || (!packed && (Size(1, groups) != size || Size(2, groups) != size))) return null;
        bool rotary = p.Node.Int("do_rotary", 0) != 0;
        long pairs = 0;
        if (rotary && (p.Input(7) is not { } table || p.Input(8) is null || p.ShapeOf(table) is not [_, { } half] || 2 * (pairs = half) > size)) return null;
        Value x = p.Node.Inputs[0]!;
        Value q = packed ? Columns(x, 0, heads * size) : x, k = packed ? Columns(x, heads * size, groups * size) : p.Node.Inputs[1]!, v = packed ? Columns(x, (heads + groups) * size, groups * size) : p.Node.Inputs[2]!;
        // Not of what is packed, and not behind what is written anew: that goes.
        Value tokens = p.Length(ByHead(q, heads, size)?.Source ?? q, 1);
        (q, k, v) = (SplitByHead(q, heads, size), SplitByHead(k, groups, size), Split(v, groups, size));
        _roles = [q.Name, k.Name, v.Name];
        Value keys = p.Add("Add", p.Reshape(p.Cast(p.Node.Inputs[5]!, ElementType.Int64), -1, 1), p.Integer(1));
        if (rotary)
        {
            Value positions = p.Input(9) ?? p.Reshape(p.Add("Range", p.Integer(0), tokens, p.Integer(1)), 1, -1);
            UnfusedRotary turn = UnfusedRotary.Of(p, p.Node.Inputs[7]!, p.Node.Inputs[8]!, positions, pairs, p.Node.Int("rotary_interleaved", 0) != 0, axis: 1);
            (q, k) = (turn.Apply(q, size), turn.Apply(k, size));
        }
        Value scores = Softcap(Scores(q, Shared(k, heads, groups, size), size));
        if (p.Input(10) is { } bias) scores = Add(scores, bias, TermKind.Bias, bias);
        Value column = p.Add("Range", p.Integer(0), tokens, p.Integer(1)), row = p.Reshape(column, -1, 1);
        Value hidden = p.Add("Or", p.Add("Greater", column, row), p.Add("Not", p.Add("Less", column, p.Reshape(keys, -1, 1, 1, 1))));
        if (p.Node.Int("local_window_size", -1) is > 0 and var window) hidden = p.Add("Or", hidden, p.Add("Less", column, p.Add("Add", row, p.Integer(1 - window))));
        scores = Add(scores, Hidden(hidden, null), TermKind.Causal, null);
        return [Join(Mixed(scores, Shared(v, heads, groups, size)), heads * size)];
    }

    private Value?[]? Standard()
    {
        bool flat = p.ShapeOf(p.Node.Inputs[0]!) is { Count: 3 };
        long? heads = flat ? p.Node.Int("q_num_heads", 0) : p.ShapeOf(p.Node.Inputs[0]!)?[1];
        long? groups = p.ShapeOf(p.Node.Inputs[1]!) is { Count: 3 } ? p.Node.Int("kv_num_heads", 0) : p.ShapeOf(p.Node.Inputs[1]!)?[1];
        if (heads is not { } h || groups is not { } g || h <= 0 || g <= 0 || h % g != 0) return null;
        if (Size(0, h) is not { } size || Size(1, g) != size || Size(2, g) is not { } valueSize) return null;
        Value Role(int input, long count, long width) => p.ShapeOf(p.Node.Inputs[input]!)!.Count == 4 ? p.Node.Inputs[input]! : Split(p.Node.Inputs[input]!, count, width);
        Value q = Role(0, h, size), k = Role(1, g, size), v = Role(2, g, valueSize);
        // ONNX Runtime bends the scores before it masks them.
        Value scores = Softcap(Scores(q, Shared(k, h, g, size), size));
        if (p.Node.Int("is_causal", 0) != 0) scores = Causal(scores, fromEnd: false);
        bool blind = false;
        if (p.Input(3) is { } mask)
        {
            blind = p.TypeOf(mask) == ElementType.Bool;
            scores = Add(scores, blind ? Hidden(p.Add("Not", mask), null) : mask, blind ? TermKind.Mask : TermKind.Bias, mask);
        }
        Value y = Mixed(scores, Shared(v, h, g, valueSize), blind);
        return [flat ? Join(y, h * valueSize) : y];
    }

    private Value Contrib(Value query, Value key, Value value, long size, int mask, int bias)
    {
        Value scores = Scores(query, key, size);
        if (p.Input(bias) is { } added) scores = Add(scores, added, TermKind.Bias, added);
        if (p.Input(mask) is { } given) scores = Add(scores, KeyMask(given), TermKind.Mask, given);
        if (p.Node.Int("unidirectional", 0) != 0) scores = Causal(scores, fromEnd: true);
        return Mixed(scores, value);
    }

    private Value Scores(Value query, Value key, long size)
    {
        float scale = p.Node.Float("scale", 0) is var s && s != 0 ? s : (float)(1 / Math.Sqrt(size));
        return p.Add("Mul", p.Add("MatMul", query, p.Transpose(key, 0, 1, 3, 2)), p.Constant(Type, scale));
    }

    private Value Softcap(Value scores)
    {
        if (p.Node.Float("softcap", 0) is not (> 0 and var cap)) return scores;
        Value factor = p.Constant(Type, cap);
        return p.Add("Mul", p.Add("Tanh", p.Add("Div", scores, factor)), factor);
    }

    /// <summary>Query s, the one at position s or counted from the end, sees no later key.</summary>
    private Value Causal(Value scores, bool fromEnd)
    {
        Value length = Length(0), total = Total, zero = p.Integer(0), one = p.Integer(1);
        Value row = fromEnd ? p.Add("Range", p.Add("Sub", total, length), total, one) : p.Add("Range", zero, length, one);
        return Add(scores, Hidden(p.Add("Greater", p.Add("Range", zero, total, one), p.Reshape(row, -1, 1)), null), TermKind.Causal, null);
    }

    private Value KeyMask(Value mask)
    {
        float hidden = p.Node.Float("mask_filter_value", -10000);
        Value numbers = p.Cast(mask, ElementType.Int64);
        if (p.ShapeOf(mask)!.Count == 1)
        {
            Value column = p.Add("Range", p.Integer(0), Total, p.Integer(1));
            return Hidden(p.Add("Not", p.Add("Less", column, p.Reshape(numbers, -1, 1, 1, 1))), hidden);
        }
        Value flags = p.Add("Not", p.Add("Greater", numbers, p.Integer(0)));
        return Hidden(p.ShapeOf(mask)!.Count == 2 ? p.Reshape(flags, 0, 1, 1, -1) : p.Model.Opset < 13 ? p.Add("Unsqueeze", [flags], new() { ["axes"] = new long[] { 1 } }) : p.Add("Unsqueeze", flags, p.Integers(1)), hidden);
    }

    /// <summary>No mask, or one of a form that <see cref="KeyMask"/> writes: an end for each sample, a flag for each key, or one for each query and key.</summary>
    private bool HasMask(int input)
    {
        if (p.Model.Opset < 11) return p.Input(input) is null && p.Node.Int("unidirectional", 0) == 0;
        if (p.Input(input) is not { } mask) return true;
        return p.ShapeOf(mask) switch
        {
            { Count: 2 or 3 } => true,
            { Count: 1 } => p.Shapes.Runs.All(r => r.ShapeOf(mask) is [var n] && r.ShapeOf(p.Node.Inputs[0]!) is [var batch, ..] && n == batch),
            _ => false,
        };
    }

    private Value Hidden(Value where, float? hidden) => p.Add("Where", where, p.Constant(Type, hidden ?? Lowest), p.Constant(Type, 0));

    private Value Add(Value scores, Value term, TermKind kind, Value? source)
    {
        _terms.Add(new AttentionTerm(term.Name, kind, source?.Name));
        return p.Sum(scores, term);
    }

    /// <summary>Keys that serve several query heads, once for each.</summary>
    private Value Shared(Value x, long heads, long groups, long size) => heads == groups ? x
        : p.Reshape(p.Add("Expand", p.Reshape(x, 0, groups, 1, -1, size), p.Integers(1, 1, heads / groups, 1, 1)), 0, heads, -1, size);

    private Value Mixed(Value scores, Value value, bool blind = false)
    {
        Value weights = p.Add("Softmax", [scores], new() { ["axis"] = 3L });
        done?.Add(new FusedAttention(p.Node.OpType, p.Node.Domain, weights.Name, p.Node.Attributes, _terms) { Result = p.Node.Outputs[0].Name, Roles = _roles });
        // A query that sees nothing gets nothing.
        if (blind) weights = p.Add("Where", p.Add("LessOrEqual", p.Add("ReduceMax", scores, p.Integers(3)), p.Constant(Type, Lowest)), p.Constant(Type, 0), weights);
        return p.Add("MatMul", weights, value);
    }

    /// <summary>Adds a vector, to the bias of the layer where it has one.</summary>
    private Value Biased(Value x, TensorData bias, string name)
    {
        if (x is { Producer: { OpType: "Add", Domain: "" } add, Uses.Count: 1, IsGraphOutput: false } && add.Inputs[1]?.Constant is { Shape.Count: 1 } own && own.Type == bias.Type && own.Count == bias.Count)
            (x, bias) = (add.Inputs[0]!, TensorData.FromFloats(bias.Type, bias.Shape, [.. own.ToFloats().Zip(bias.ToFloats(), (a, b) => a + b)]));
        return p.Sum(x, p.Model.Graph.AddInitializer(name, bias));
    }

    /// <summary>A part of what one layer makes: a layer of its own, where that is possible, so that each role can have another width.</summary>
    private Value Columns(Value x, long from, long count)
    {
        (Value product, TensorData? bias) = (x, null);
        if (x.Producer is { OpType: "Add", Domain: "" } add)
        {
            if (add.Inputs[1]?.Constant is { Shape.Count: 1 } last) (product, bias) = (add.Inputs[0]!, last);
            else if (add.Inputs[0]?.Constant is { Shape.Count: 1 } first) (product, bias) = (add.Inputs[1]!, first);
        }
        // One that others read too would be computed twice.
        if (product.Producer is not { OpType: "MatMul", Domain: "" } layer || layer.Inputs[0]!.Constant is not null || layer.Inputs[1]?.Constant is not { Shape.Count: 2 } weight || x.Uses.Count != 1 || x.IsGraphOutput || (bias is not null && (bias.Count != weight.Shape[1] || product.Uses.Count != 1)))
            return p.Part(x, 2, from, from + count);
        int[] columns = [.. Enumerable.Range((int)from, (int)count)];
        Value y = p.Add("MatMul", layer.Inputs[0], p.Model.Graph.AddInitializer($"{x.Name}_{from}_weight", LayerSlicer.Along(weight, 1, columns)));
        return bias is null ? y : p.Sum(y, p.Model.Graph.AddInitializer($"{x.Name}_{from}_bias", LayerSlicer.Along(bias, 0, columns)));
    }

    /// <summary>As <see cref="Split"/>. What was normalised head by head on an axis of tokens and heads together is normalised with an axis for each, so that heads can be told apart.</summary>
    private Value SplitByHead(Value x, long heads, long size) => ByHead(x, heads, size) is not ({ } norm, { } source) ? Split(x, heads, size)
        : p.Transpose(p.Add(norm.OpType, [p.Reshape(source, 0, 0, heads, size), .. norm.Inputs.Skip(1)], new(norm.Attributes) { ["axis"] = -1L }), 0, 2, 1, 3);

    /// <summary>The normalisation behind which an operand is joined, and what it normalises, [batch, length, heads × size].</summary>
    private (Node Norm, Value Source)? ByHead(Value x, long heads, long size) =>
        x.Producer is { OpType: "Reshape", Domain: "" } join
        && join.Inputs[0]!.Producer is { OpType: "SimplifiedLayerNormalization" or "RMSNormalization" or "LayerNormalization", Domain: "" } norm
        && norm.Int("axis", -1) is -1 or 2 && norm.Outputs.Skip(1).All(o => o.Uses.Count == 0) && p.ShapeOf(norm.Outputs[0]) is [_, _, { } last] && last == size
        && norm.Inputs.Skip(1).All(i => i is null || p.ShapeOf(i) is { Count: 1 })
        && norm.Inputs[0]!.Producer is { OpType: "Reshape", Domain: "" } apart && p.ShapeOf(apart.Inputs[0]!) is [_, _, { } width] && width == heads * size
            ? (norm, apart.Inputs[0]!) : null;

    /// <summary>Tokens of an operand: not read from the scores, which go when the layer is put together again.</summary>
    private Value Length(int input) => p.Length(p.Node.Inputs[input]!, p.ShapeOf(p.Node.Inputs[input]!) is { Count: 4 } ? 2 : 1);

    // The keys of the packed form come from what the queries come from.
    private Value Total => Length(p.Node is { Domain: "com.microsoft", OpType: "Attention" } ? 0 : 1);

    private Value Split(Value x, long heads, long size) => p.Transpose(p.Reshape(x, 0, 0, heads, size), 0, 2, 1, 3);

    private Value Join(Value y, long width) => p.Reshape(p.Transpose(y, 0, 2, 1, 3), 0, 0, width);

    private ElementType Type => p.TypeOf(p.Node.Inputs[0]!);

    // A lowest number instead of infinity: no row becomes NaN.
    private float Lowest => Type == ElementType.Float16 ? -65504 : float.MinValue;

    /// <summary>Width of one of <paramref name="heads"/> heads of an operand, if it is the same for every input of the model.</summary>
    private long? Size(int input, long heads) => p.ShapeOf(p.Node.Inputs[input]!) switch
    {
        [_, _, { } width] => width % heads == 0 && width > 0 ? width / heads : null,
        [_, var count, _, { } size] => count == heads ? size : null,
        _ => null,
    };
}
