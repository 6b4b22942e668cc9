using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: operators of com.microsoft that stand for a few of ai.onnx are taken apart, so that layers and units are recognised in files that ONNX Runtime's
/// optimiser wrote. It puts them together again when it loads the pruned file.
/// </summary>
/// <remarks>
/// Sources: ONNX Runtime, docs/ContribOperators.md; LayerNormalization and SimplifiedLayerNormalization are known to it in ai.onnx under every opset.
/// A node whose result is read by name (a graph output, or by a body) stays.
/// </remarks>
public static class Unfusing
{
    /// <summary>Takes apart what can be; leaves the model as it is, to the byte, if there is nothing.</summary>
    /// <returns>Number of nodes taken apart.</returns>
    public static int Apply(OnnxModel model)
    {
        if (!model.Graph.Nodes.Any(n => n.Domain == "com.microsoft")) return 0;
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        int apart = 0;
        foreach (Node node in model.Graph.Nodes.Where(n => n.Domain == "com.microsoft").ToArray())
        {
            if (node.Outputs.Any(o => o.IsGraphOutput || o.IsCaptured)) continue;
            Value?[]? results = Parts(new Place(model, node, shapes));
            if (results is null) continue;
            for (int i = 0; i < results.Length && i < node.Outputs.Count; i++)
                if (results[i] is { } result) model.Graph.ReplaceUses(node.Outputs[i], result);
            apart++;
        }
        if (apart > 0) model.Graph.RemoveUnused();
        return apart;
    }

    private static Value?[]? Parts(Place p) => p.Node.OpType switch
    {
        "FusedMatMul" or "TransposeMatMul" => Product(p),
        "FusedConv" => Convolution(p),
        "FusedGemm" => p.HasActivation ? [p.Activated(p.Add("Gemm", [.. p.Node.Inputs], p.Without("activation", "activation_alpha", "activation_beta", "activation_gamma")))] : null,
        "BiasGelu" => [p.Add("Gelu", [p.Sum(p.Node.Inputs[0]!, p.Node.Inputs[1]!)], [], "com.microsoft")],
        "SkipLayerNormalization" => Normalization(p, bias: 4),
        "SkipSimplifiedLayerNormalization" => Normalization(p, bias: 3),
        _ => null,
    };

    private static Value?[]? Product(Place p)
    {
        float alpha = p.Node.Float("alpha", 1);
        ElementType type = p.Shapes.TypeOf(p.Node.Inputs[0]!);
        if (alpha != 1 && type is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16)) return null;
        // The order of axes that a Transpose needs.
        if (p.Node.Inputs.Any(i => p.Shapes.ShapeOf(i!) is null)) return null;
        Value product = p.Add("MatMul", [p.Turned(0, "transA", "transBatchA"), p.Turned(1, "transB", "transBatchB")], []);
        return [alpha == 1 ? product : p.Add("Mul", [product, p.Constant(type, alpha)], [])];
    }

    private static Value?[]? Convolution(Place p)
    {
        if (!p.HasActivation) return null;
        Value y = p.Add("Conv", [.. p.Node.Inputs.Take(3)], p.Without("activation", "activation_params"));
        if (p.Node.Inputs.Count > 3 && p.Node.Inputs[3] is { } sum) y = p.Sum(y, sum);
        return [p.Activated(y)];
    }

    private static Value?[]? Normalization(Place p, int bias)
    {
        if (p.Node.Outputs.Skip(1).Take(2).Any(o => o.Uses.Count > 0)) return null;
        Value sum = p.Sum(p.Node.Inputs[0]!, p.Node.Inputs[1]!);
        if (p.Node.Inputs.Count > bias && p.Node.Inputs[bias] is { } b) sum = p.Sum(sum, b);
        bool simple = p.Node.OpType == "SkipSimplifiedLayerNormalization";
        Value? beta = !simple && p.Node.Inputs.Count > 3 ? p.Node.Inputs[3] : null;
        Dictionary<string, AttributeData> attributes = new() { ["axis"] = -1, ["epsilon"] = p.Node.Float("epsilon", 1e-12f) };
        Value y = p.Add(simple ? "SimplifiedLayerNormalization" : "LayerNormalization", beta is null ? [sum, p.Node.Inputs[2]] : [sum, p.Node.Inputs[2], beta], attributes);
        return [y, null, null, sum];
    }

    /// <summary>A node, and where new ones go: in front of it.</summary>
    private sealed record Place(OnnxModel Model, Node Node, InferredShapes Shapes)
    {
        public bool HasActivation => Node.String("activation") is null or "" or "Relu" or "Tanh" or "Sigmoid" or "LeakyRelu" or "HardSigmoid" || (Node.String("activation") == "Clip" && Model.Opset >= 11);

        public Value Add(string op, IReadOnlyList<Value?> inputs, Dictionary<string, AttributeData> attributes, string domain = "") =>
            Model.Graph.AddNode(op, inputs, $"{Node.Outputs[0].Name}_{op.ToLowerInvariant()}", before: Node, attributes: attributes, domain: domain).Outputs[0];

        public Value Sum(Value a, Value b) => Add("Add", [a, b], []);

        public Value Constant(ElementType type, float value) => Model.Graph.AddInitializer($"{Node.Outputs[0].Name}_factor", TensorData.FromFloats(type, [], [value]));

        /// <summary>An operand as it is multiplied. "transBatchA" moves the first axis behind the others but the last.</summary>
        public Value Turned(int input, string inner, string outer)
        {
            Value operand = Node.Inputs[input]!;
            bool turn = Node.Int(inner, 0) != 0, move = Node.Int(outer, 0) != 0;
            int rank = Shapes.ShapeOf(operand)!.Count;
            // Operands with one axis are not turned.
            if ((!turn && !move) || rank < 2) return operand;
            List<long> order = [.. Enumerable.Range(0, rank).Select(i => (long)i)];
            if (move) order = [.. order[1..^1], order[0], order[^1]];
            if (turn) (order[^1], order[^2]) = (order[^2], order[^1]);
            return Add("Transpose", [operand], new() { ["perm"] = (long[])[.. order] });
        }

        public Dictionary<string, AttributeData> Without(params string[] names) => Node.Attributes.Where(a => !names.Contains(a.Key)).ToDictionary(a => a.Key, a => a.Value);

        public Value Activated(Value x)
        {
            float Parameter(int index, string name, float otherwise) =>
                Node.Attributes.TryGetValue("activation_params", out AttributeData? a) && a.Floats is { } list && index < list.Count ? list[index] : Node.Float(name, otherwise);
            ElementType type = Shapes.TypeOf(Node.Inputs[0]!);
            return Node.String("activation") switch
            {
                null or "" => x,
                "LeakyRelu" => Add("LeakyRelu", [x], new() { ["alpha"] = Parameter(0, "activation_alpha", 0.01f) }),
                "HardSigmoid" => Add("HardSigmoid", [x], new() { ["alpha"] = Parameter(0, "activation_alpha", 0.2f), ["beta"] = Parameter(1, "activation_beta", 0.5f) }),
                "Clip" => Add("Clip", [x, Constant(type, Parameter(0, "activation_alpha", float.MinValue)), Constant(type, Parameter(1, "activation_beta", float.MaxValue))], []),
                var plain => Add(plain, [x], []),
            };
        }
    }
}
