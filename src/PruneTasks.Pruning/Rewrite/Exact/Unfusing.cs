using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: operators that stand for several others are taken apart, so that layers and units are recognised in files that ONNX Runtime's optimiser or an exporter
/// for it wrote. Attention is put together again after pruning (<see cref="AttentionFusing"/>), the others by ONNX Runtime when it loads the file.
/// </summary>
/// <remarks>
/// Sources: ONNX Runtime, docs/ContribOperators.md; LayerNormalization and SimplifiedLayerNormalization are known to it in ai.onnx under every opset.
/// </remarks>
public static class Unfusing
{
    /// <summary>Takes apart what can be; leaves the model as it is, to the byte, if there is nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="attentions">Gets a line for each attention operator that was taken apart.</param>
    /// <returns>Number of nodes taken apart.</returns>
    public static int Apply(OnnxModel model, ICollection<FusedAttention>? attentions = null)
    {
        if (!model.Graph.Nodes.Any(IsFused)) return 0;
        ShapeInvariants shapes = ShapeInvariants.Find(model);
        int apart = 0;
        // From the end, so that what a node reads is still what the shapes were found for.
        foreach (Node node in model.Graph.Nodes.Where(IsFused).Reverse().ToArray())
        {
            if (node.Outputs.Any(o => o.IsCaptured)) continue;
            Value?[]? results = Parts(new FusedPlace(model, node, shapes), attentions);
            if (results is null) continue;
            for (int i = 0; i < node.Outputs.Count; i++)
                if (i < results.Length && results[i] is { } result) model.Graph.TakeOver(node, node.Outputs[i], result);
            apart++;
        }
        if (apart > 0) model.Graph.RemoveUnused();
        return apart;
    }

    private static bool IsFused(Node node) => node.Domain == "com.microsoft" || node is { Domain: "", OpType: "Attention" or "RotaryEmbedding" };

    private static Value?[]? Parts(FusedPlace p, ICollection<FusedAttention>? attentions) => p.Node.OpType switch
    {
        "FusedMatMul" or "TransposeMatMul" => Product(p),
        "FusedConv" => Convolution(p),
        "FusedGemm" => p.HasActivation ? [p.Activated(p.Add("Gemm", [.. p.Node.Inputs], p.Without("activation", "activation_alpha", "activation_beta", "activation_gamma")))] : null,
        "BiasGelu" => [p.Add("Gelu", [p.Sum(p.Node.Inputs[0]!, p.Node.Inputs[1]!)], [], "com.microsoft")],
        "FastGelu" => p.Input(1) is { } bias ? [p.Add("FastGelu", [p.Sum(p.Node.Inputs[0]!, bias)], [], "com.microsoft")] : null,
        "SkipLayerNormalization" => Normalization(p, bias: 4),
        "SkipSimplifiedLayerNormalization" => Normalization(p, bias: 3),
        "RotaryEmbedding" => UnfusedRotary.Parts(p),
        "Attention" or "MultiHeadAttention" or "GroupQueryAttention" => new UnfusedAttention(p, attentions).Parts(),
        _ => null,
    };

    private static Value?[]? Product(FusedPlace p)
    {
        float alpha = p.Node.Float("alpha", 1);
        ElementType type = p.TypeOf(p.Node.Inputs[0]!);
        if (alpha != 1 && type is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16)) return null;
        // The order of axes that a Transpose needs.
        if (p.Node.Inputs.Any(i => p.ShapeOf(i!) is null)) return null;
        Value product = p.Add("MatMul", [p.Turned(0, "transA", "transBatchA"), p.Turned(1, "transB", "transBatchB")], []);
        return [alpha == 1 ? product : p.Add("Mul", [product, p.Constant(type, alpha)], [])];
    }

    private static Value?[]? Convolution(FusedPlace p)
    {
        if (!p.HasActivation) return null;
        Value y = p.Add("Conv", [.. p.Node.Inputs.Take(3)], p.Without("activation", "activation_params"));
        if (p.Node.Inputs.Count > 3 && p.Node.Inputs[3] is { } sum) y = p.Sum(y, sum);
        return [p.Activated(y)];
    }

    private static Value?[]? Normalization(FusedPlace p, int bias)
    {
        if (p.Node.Outputs.Skip(1).Take(2).Any(o => o.Uses.Count > 0 || o.IsGraphOutput)) return null;
        Value sum = p.Sum(p.Node.Inputs[0]!, p.Node.Inputs[1]!);
        if (p.Node.Inputs.Count > bias && p.Node.Inputs[bias] is { } b) sum = p.Sum(sum, b);
        bool simple = p.Node.OpType == "SkipSimplifiedLayerNormalization";
        Value? beta = !simple && p.Node.Inputs.Count > 3 ? p.Node.Inputs[3] : null;
        Dictionary<string, AttributeData> attributes = new() { ["axis"] = -1, ["epsilon"] = p.Node.Float("epsilon", 1e-12f) };
        Value y = p.Add(simple ? "SimplifiedLayerNormalization" : "LayerNormalization", beta is null ? [sum, p.Node.Inputs[2]] : [sum, p.Node.Inputs[2], beta], attributes);
        return [y, null, null, sum];
    }
}
