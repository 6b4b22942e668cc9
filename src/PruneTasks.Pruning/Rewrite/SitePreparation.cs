using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Exact rewrites that give every layer to be pruned initializers of its own: same function, same results.</summary>
public static class SitePreparation
{
    /// <summary>
    /// Everything that brings layers into a form in which they can be found and changed. Run before sites are looked for.
    /// </summary>
    public static void Prepare(OnnxModel model)
    {
        MakeWeightsInitializers(model.Graph);
        EinsumLayers.ToMatMul(model);
        LateBiases.Move(model);
        SharedVectors.Split(model.Graph);
    }

    /// <summary>
    /// Constant weights that stand in Constant nodes, or behind an Identity, a Reshape or a Transpose of a matrix, become initializers.
    /// </summary>
    public static void MakeWeightsInitializers(Graph graph)
    {
        foreach (Node node in graph.Nodes.Where(n => n is { OpType: "MatMul" or "Gemm" or "Einsum" or "Add" or "Mul" or "Div" or "Sub" or "PRelu" or "Conv" or "ConvTranspose" or "LSTM" or "GRU" or "RNN", Domain: "" }).ToArray())
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] is { IsInitializer: false } input && OwnContent(input) is { } content && content.Count > 1)
                    graph.SetInput(node, i, graph.AddInitializer(input.Name + "_weight", content));
            }
        }
        graph.RemoveUnused();
    }

    /// <summary>Gives every layer of <paramref name="inventory"/> a bias that no other layer reads. Sites must be looked for again afterwards.</summary>
    public static void GiveBiases(Graph graph, UnitInventory inventory)
    {
        HashSet<Node> done = [];
        foreach (ChannelEnd end in inventory.Sites.OfType<ChannelSite>().SelectMany(s => s.Consumers).Where(end => done.Add(end.Node)))
        {
            if (end.Node is { OpType: "Conv" or "ConvTranspose", Domain: "" }) GiveBias(graph, end);
            else if (LinearView.TryGet(end.Node) is { } layer) GiveBias(graph, layer, add: true);
        }
        foreach (PruneSite site in inventory.Sites)
        {
            (IEnumerable<LinearView> refitted, IEnumerable<LinearView> others) = site switch
            {
                FfnSite ffn => (ffn.Consumers, ffn.Producers),
                QueryKeySite s => ((IEnumerable<LinearView>)[], (IEnumerable<LinearView>)[s.Query.Layer, s.Key.Layer]),
                ScoreGroupSite g => ([], [g.Query.Layer, g.Key.Layer]),
                ValueOutputSite { Attention: var a, Output: var output } => ((IEnumerable<LinearView>)[output.Layer], (IEnumerable<LinearView>)[a.Value.Layer]),
                _ => ([], []),
            };
            foreach (LinearView layer in refitted.Where(l => done.Add(l.Node))) GiveBias(graph, layer, add: true);
            foreach (LinearView layer in others.Where(l => done.Add(l.Node))) GiveBias(graph, layer, add: false);
        }
    }

    /// <summary>A convolution takes its bias as an input, so its output keeps its name.</summary>
    private static void GiveBias(Graph graph, ChannelEnd convolution)
    {
        Node node = convolution.Node;
        Value? bias = node.Inputs.Count > 2 ? node.Inputs[2] : null;
        if (bias is { Constant: null } or { IsInitializer: true, Uses.Count: 1, IsGraphOutput: false, IsCaptured: false } || convolution.Weight.Constant is not { } weight) return;
        long outputs = node.OpType == "Conv" ? weight.Shape[0] : weight.Shape[1] * node.Int("group", 1);
        graph.SetInput(node, 2, graph.AddInitializer(
            node.Outputs[0].Name + "_bias", bias?.Constant ?? TensorData.FromFloats(weight.Type, [outputs], new float[outputs])));
    }

    private static void GiveBias(Graph graph, LinearView layer, bool add)
    {
        if (layer is { Bias: { } bias, BiasNode: { } node })
        {
            bool full = bias.Constant!.Count == layer.OutFeatures;
            if (bias.IsInitializer && bias.Uses.Count == 1 && !bias.IsGraphOutput && !bias.IsCaptured && full) return;
            TensorData own = full ? bias.Constant : LayerSlicer.Along(bias.Constant, bias.Constant.Shape.Count - 1, new int[layer.OutFeatures]);
            graph.SetInput(node, layer.BiasInput, graph.AddInitializer(layer.Output.Name + "_bias", own));
        }
        else if (add && !layer.Output.IsGraphOutput && !layer.Output.IsCaptured)
        {
            TensorData zeros = TensorData.FromFloats(layer.Weight.Type, [layer.OutFeatures], new float[layer.OutFeatures]);
            Use[] readers = [.. layer.Output.Uses];
            int after = graph.Nodes.ToList().IndexOf(layer.Node) + 1;
            Value sum = graph.AddNode(
                "Add", [layer.Output, graph.AddInitializer(layer.Output.Name + "_bias", zeros)], layer.Output.Name + "_linear",
                after < graph.Nodes.Count ? graph.Nodes[after] : null).Outputs[0];
            foreach (Use reader in readers) graph.SetInput(reader.Node, reader.Index, sum);
        }
    }

    /// <summary>The content of a constant that nothing else reads on the way: a tied weight (an embedding used transposed, for example) must not be stored twice.</summary>
    private static TensorData? OwnContent(Value value)
    {
        for (Value? v = value; v is not null; v = v.Producer is { OpType: "Identity" or "Transpose" or "Reshape", Domain: "" } n ? n.Inputs[0] : null)
            if (v.Uses.Count > 1 || v.IsGraphOutput || v.IsCaptured) return null;
        return Content(value);
    }

    private static TensorData? Content(Value value) => value.Producer switch
    {
        null => value.Constant,
        { OpType: "Constant", Domain: "" } => value.Constant,
        { OpType: "Identity", Domain: "" } n => Content(n.Inputs[0]!),
        { OpType: "Transpose", Domain: "" } n when Content(n.Inputs[0]!) is { Shape.Count: 2 } matrix && (n.Ints("perm") ?? [1, 0]).SequenceEqual([1, 0]) => Transposed(matrix),
        // Products of CNTK and biases of Paddle. What a shape says in another way than by plain sizes is left to the folding of constants.
        { OpType: "Reshape", Domain: "" } n when n.Inputs is [{ } data, { Constant: { Type: ElementType.Int64 } target }] && Content(data) is { } content
            && target.ToInt64s() is { Length: > 0 } shape && shape.All(s => s > 0) && shape.Aggregate(1L, (a, b) => a * b) == content.Count => new TensorData(content.Type, shape, content.Bytes),
        _ => null,
    };

    private static TensorData Transposed(TensorData matrix)
    {
        int rows = (int)matrix.Shape[0], columns = (int)matrix.Shape[1], size = TensorData.SizeOf(matrix.Type)!.Value;
        var bytes = new byte[matrix.Bytes.Length];
        for (int i = 0; i < rows * columns; i++)
            matrix.Bytes.Span.Slice(i * size, size).CopyTo(bytes.AsSpan((((i % columns) * rows) + (i / columns)) * size));
        return new TensorData(matrix.Type, [columns, rows], bytes);
    }
}
