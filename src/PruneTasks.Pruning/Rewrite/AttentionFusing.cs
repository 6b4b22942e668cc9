using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Puts attention layers that <see cref="Unfusing"/> took apart together again, with the sizes that they have after pruning: heads of queries and keys may be
/// narrower than those of values, and the scale is the old one.
/// </summary>
/// <remarks>
/// Attention stays Attention, of ai.onnx and of com.microsoft; the other operators, and Attention whose roles no longer come from one value, become MultiHeadAttention,
/// which takes what they took and allows values of another width (docs/decisions/0045). A layer that is not found as it was left stays in pieces.
/// One file, although a long one: what is recognised here and what is written back have to agree.
/// </remarks>
public static class AttentionFusing
{
    /// <summary>Puts together what can be.</summary>
    /// <param name="model">The model; names are those that <see cref="Unfusing"/> gave.</param>
    /// <param name="attentions">What was taken apart.</param>
    /// <param name="cached">Keys and values will have those of earlier runs in front: what would turn all of them around at each token stays in pieces (docs/decisions/0057).</param>
    /// <returns>Number of layers put together.</returns>
    public static int Apply(OnnxModel model, IEnumerable<FusedAttention> attentions, bool cached = false)
    {
        ShapeInvariants? shapes = null;
        int count = 0;
        foreach (FusedAttention attention in attentions)
        {
            if (!model.Graph.Values.TryGetValue(attention.Weights, out Value? weights) || weights.Producer is not { OpType: "Softmax" }) continue;
            // Layers do not touch each other: what one adds, no other looks at.
            shapes ??= ShapeInvariants.Find(model);
            if (Parts(model.Graph, attention, weights, shapes) is not { } parts) continue;
            if (attention.Domain.Length == 0 ? Standard(model.Graph, attention, parts) : MultiHead(model.Graph, attention, parts, shapes, cached)) count++;
        }
        if (count > 0) model.Graph.RemoveUnused();
        return count;
    }

    /// <summary>The pieces of one layer.</summary>
    /// <param name="Query">[batch, heads, length, width].</param>
    /// <param name="Key">Of the same form, keys that several heads share once.</param>
    /// <param name="Value">As the keys.</param>
    /// <param name="Scale">Factor on the scores.</param>
    /// <param name="Terms">What is added, and whether it is what it was.</param>
    /// <param name="Context">Product of weights and values.</param>
    private sealed record Layer(Value Query, Shared Key, Shared Value, float Scale, IReadOnlyList<(AttentionTerm Term, Value Now, bool IsIntact)> Terms, Node Context);

    /// <summary>Keys or values: as the heads read them, and as they were before they were repeated.</summary>
    private sealed record Shared(Value Repeated, Value Once);

    private static Layer? Parts(Graph graph, FusedAttention attention, Value weights, ShapeInvariants shapes)
    {
        Value scores = weights.Producer!.Inputs[0]!;
        List<(AttentionTerm, Value, bool)> terms = [];
        foreach (AttentionTerm term in attention.Terms.Reverse())
        {
            if (Only(scores, "Add") is not { } sum) return null;
            (Value before, Value now) = sum.Inputs[1]!.Name == term.Name || shapes.ShapeOf(sum.Inputs[0]!)?.Count == 4 ? (sum.Inputs[0]!, sum.Inputs[1]!) : (sum.Inputs[1]!, sum.Inputs[0]!);
            terms.Insert(0, (term, now, now.Name == term.Name && (term.Source is null || graph.Values.ContainsKey(term.Source))));
            scores = before;
        }
        if (attention.Attributes.TryGetValue("softcap", out AttributeData? cap) && cap.Float > 0)
        {
            if (Only(scores, "Mul") is not { } wide || Only(wide.Inputs[0]!, "Tanh") is not { } bent || Only(bent.Inputs[0]!, "Div") is not { } narrow) return null;
            scores = narrow.Inputs[0]!;
        }
        if (Only(scores, "Mul") is not { } scaled || scaled.Inputs[1]?.Constant is not { Count: 1 } factor || Only(scaled.Inputs[0]!, "MatMul") is not { } product) return null;
        if (Only(product.Inputs[1]!, "Transpose") is not { } turn || !(turn.Ints("perm") ?? []).SequenceEqual([0L, 1, 3, 2])) return null;
        Node? readers = weights.Uses is [var use] ? use.Node : null;
        // The guard of queries that see nothing: a Where around the weights.
        if (readers is { OpType: "Where", Domain: "" } && readers.Outputs[0].Uses is [var next]) readers = next.Node;
        if (readers is not { OpType: "MatMul", Domain: "" } context || !IsInside(weights) || shapes.ShapeOf(product.Inputs[0]!)?.Count != 4) return null;
        return new Layer(product.Inputs[0]!, Once(turn.Inputs[0]!), Once(context.Inputs[1]!), factor.ToFloats()[0], terms, context);
    }

    private static bool Standard(Graph graph, FusedAttention attention, Layer layer)
    {
        bool causal = false;
        Value? mask = null;
        foreach ((AttentionTerm term, Value now, bool intact) in layer.Terms)
        {
            if (term.Kind == TermKind.Causal && intact) causal = true;
            else if (term.Kind == TermKind.Mask && intact) mask = graph.Values[term.Source!];
            else if (mask is null && term.Kind != TermKind.Mask) mask = now;
            else return false;
        }
        Dictionary<string, AttributeData> attributes = Kept(attention, "softcap", "softmax_precision");
        attributes["scale"] = layer.Scale;
        if (causal) attributes["is_causal"] = 1L;
        Node fused = graph.AddNode("Attention", mask is null ? [layer.Query, layer.Key.Once, layer.Value.Once] : [layer.Query, layer.Key.Once, layer.Value.Once, mask], layer.Context.Outputs[0].Name + "_attention", layer.Context, attributes: attributes);
        graph.TakeOver(layer.Context, layer.Context.Outputs[0], fused.Outputs[0]);
        return true;
    }

    private static bool MultiHead(Graph graph, FusedAttention attention, Layer layer, ShapeInvariants shapes, bool cached)
    {
        if (attention.Attributes.TryGetValue("softcap", out AttributeData? cap) && cap.Float > 0) return false;
        (Value? mask, Value? bias) = ((Value?)null, (Value?)null);
        bool causal = false;
        foreach ((AttentionTerm term, Value now, bool intact) in layer.Terms)
        {
            if (intact && term.Kind == TermKind.Causal && attention.OpType != "GroupQueryAttention") causal = true;
            else if (intact && term.Kind == TermKind.Mask) mask = graph.Values[term.Source!];
            else if (bias is null && shapes.ShapeOf(now)?.Count == 4) bias = now;
            else return false;
        }
        if (shapes.ShapeOf(layer.Query) is not [_, { } heads, _, { } size] || shapes.ShapeOf(layer.Value.Repeated) is not [_, _, _, { } width]) return false;
        // The result has its heads side by side, as the layer behind reads it.
        if (layer.Context.Outputs[0] is not { IsGraphOutput: false, IsCaptured: false, Uses: [{ Node: { OpType: "Transpose", Domain: "" } turn }] } || !IsHeadsTurn(turn)) return false;
        if (turn.Outputs[0] is not { IsGraphOutput: false, IsCaptured: false, Uses: [{ Node: { OpType: "Reshape", Domain: "" } join }] } || shapes.ShapeOf(join.Outputs[0]) is not [_, _, { } whole] || whole != heads * width) return false;
        Value? Flat(Value x, long each) =>
            x.Producer is { OpType: "Transpose", Domain: "" } t && IsHeadsTurn(t) && t.Inputs[0]!.Producer is { OpType: "Reshape", Domain: "" } r && shapes.ShapeOf(r.Inputs[0]!) is [_, _, { } all] && all == heads * each ? r.Inputs[0] : null;
        (Value? q, Value? k, Value? v) = (Flat(layer.Query, size), Flat(layer.Key.Repeated, size), Flat(layer.Value.Repeated, width));
        if (attention.OpType == "Attention" && bias is null && Pack(graph, [q, k, v], join) is { } packed)
        {
            Dictionary<string, AttributeData> own = Kept(attention, "mask_filter_value", "unidirectional");
            own["num_heads"] = heads;
            own["scale"] = layer.Scale;
            own["qkv_hidden_sizes"] = new[] { heads * size, heads * size, heads * width };
            if (!causal) own.Remove("unidirectional");
            graph.TakeOver(join, join.Outputs[0], graph.AddNode("Attention", [.. packed, mask], join.Outputs[0].Name + "_attention", join, attributes: own, domain: "com.microsoft").Outputs[0]);
            return true;
        }
        // Keys and values both come flat, or both split; of one width then.
        if ((k is null || v is null) && size == width) (k, v) = (layer.Key.Repeated, layer.Value.Repeated);
        if (cached && (k is null || v is null)) return false;
        (q, k, v) = (q ?? Flattened(layer.Query, size), k ?? Flattened(layer.Key.Repeated, size), v ?? Flattened(layer.Value.Repeated, width));
        Dictionary<string, AttributeData> attributes = mask is null ? [] : Kept(attention, "mask_filter_value");
        attributes["num_heads"] = heads;
        attributes["scale"] = layer.Scale;
        if (causal) attributes["unidirectional"] = 1L;
        List<Value?> inputs = [q, k, v];
        if (mask is not null || bias is not null) inputs.AddRange([null, mask]);
        if (bias is not null) inputs.Add(bias);
        Node fused = graph.AddNode("MultiHeadAttention", inputs, join.Outputs[0].Name + "_attention", join, attributes: attributes, domain: "com.microsoft");
        graph.TakeOver(join, join.Outputs[0], fused.Outputs[0]);
        return true;

        Value Flattened(Value x, long each)
        {
            Value tokens = graph.AddNode("Transpose", [x], x.Name + "_tokens", layer.Context, attributes: new Dictionary<string, AttributeData> { ["perm"] = new long[] { 0, 2, 1, 3 } }).Outputs[0];
            return graph.AddNode("Reshape", [tokens, graph.AddInitializer(x.Name + "_flat", TensorData.Vector(0, 0, heads * each))], x.Name + "_rows", layer.Context).Outputs[0];
        }
    }

    /// <summary>Input, weight and bias of Attention in place of three layers that read the same value; <see langword="null"/> if they do not.</summary>
    private static Value?[]? Pack(Graph graph, Value?[] roles, Node before)
    {
        (Value Input, TensorData Weight, TensorData? Bias)[] layers = [.. roles.Select(Layer).OfType<(Value, TensorData, TensorData?)>()];
        if (layers.Length != 3 || layers.Any(l => l.Input != layers[0].Input || (l.Bias is null) != (layers[0].Bias is null))) return null;
        Value weight = graph.AddInitializer(before.Outputs[0].Name + "_weight", Beside([.. layers.Select(l => l.Weight)]));
        return [layers[0].Input, weight, layers[0].Bias is null ? null : graph.AddInitializer(before.Outputs[0].Name + "_bias", Beside([.. layers.Select(l => l.Bias!)]))];

        // One that others read too would be computed twice.
        static (Value, TensorData, TensorData?)? Layer(Value? output)
        {
            if (output is null || !IsInside(output) || output.Uses.Count != 1) return null;
            TensorData? bias = null;
            if (output.Producer is { OpType: "Add", Domain: "" } add && add.Inputs[1]?.Constant is { Shape.Count: 1 } vector) (bias, output) = (vector, add.Inputs[0]!);
            return output is { Producer: { OpType: "MatMul", Domain: "" } product, Uses.Count: 1 } && product.Inputs[0]!.Constant is null && product.Inputs[1]?.Constant is { Shape.Count: 2 } weight && (bias is null || bias.Count == weight.Shape[1])
                ? (product.Inputs[0]!, weight, bias) : null;
        }
    }

    /// <summary>Tensors joined along their last axis.</summary>
    private static TensorData Beside(TensorData[] parts)
    {
        int rows = parts[0].Shape.Count == 1 ? 1 : (int)parts[0].Shape[0];
        var bytes = new byte[parts.Sum(p => p.Bytes.Length)];
        int at = 0;
        for (int row = 0; row < rows; row++)
        {
            foreach (TensorData part in parts)
            {
                int length = part.Bytes.Length / rows;
                part.Bytes.Span.Slice(row * length, length).CopyTo(bytes.AsSpan(at));
                at += length;
            }
        }
        return new TensorData(parts[0].Type, [.. parts[0].Shape.SkipLast(1), parts.Sum(p => p.Shape[^1])], bytes);
    }

    private static Dictionary<string, AttributeData> Kept(FusedAttention attention, params string[] names) => attention.Attributes.Where(a => names.Contains(a.Key)).ToDictionary(a => a.Key, a => a.Value);

    private static bool IsHeadsTurn(Node node) => (node.Ints("perm") ?? []).SequenceEqual([0L, 2, 1, 3]);

    private static Shared Once(Value x) =>
        Only(x, "Reshape") is { } joined && Only(joined.Inputs[0]!, "Expand") is { } expand && Only(expand.Inputs[0]!, "Reshape") is { } apart ? new Shared(x, apart.Inputs[0]!) : new Shared(x, x);

    private static bool IsInside(Value value) => !value.IsGraphOutput && !value.IsCaptured;

    /// <summary>The node that computes a value which one node alone reads, beside what asks for the largest score of a query.</summary>
    private static Node? Only(Value value, string op) =>
        value.Producer is { Domain: "" } node && node.OpType == op && value.Uses.Count(u => u.Node is not { OpType: "ReduceMax" }) == 1 && IsInside(value) ? node : null;
}
