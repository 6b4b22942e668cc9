using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// After pruning, what <see cref="MeanLayers"/> made of a LayerNormalization behind a layer becomes one operator again: x / √(Σ vᵢxᵢ² + b + ε) · γ is a normalisation by
/// root mean square of sᵢxᵢ with sᵢ = √(n·vᵢ), the factors sᵢ in the layer before, 1 / sᵢ in γ, and b in ε. Where a weight is not positive it stays in pieces.
/// </summary>
/// <remarks>SimplifiedLayerNormalization is known to ONNX Runtime in ai.onnx under every opset; RMSNormalization to ONNX from opset 23 on alone.</remarks>
public static class RootMeanSquareFusing
{
    /// <summary>Puts together what can be.</summary>
    /// <returns>Number of normalisations.</returns>
    public static int Apply(OnnxModel model)
    {
        int count = 0;
        foreach (Node product in model.Graph.Nodes.Where(n => n is { OpType: "MatMul", Domain: "" }).ToArray())
            if (Pieces.Of(product) is { } pieces && pieces.Fuse(model.Graph)) count++;
        if (count > 0) model.Graph.RemoveUnused();
        return count;
    }

    private sealed record Pieces(LinearView Before, Value X, TensorData Shares, double Shift, Node Divided, Node? Scaled)
    {
        /// <summary>The pieces around the product of squares with their shares.</summary>
        public static Pieces? Of(Node product)
        {
            if (product.Inputs is not [{ Producer: { Domain: "" } square } squares, { Constant: { Shape: [_, 1], Type: ElementType.Float32 } shares }] || squares.Uses.Count != 1) return null;
            bool isSquare = square.OpType == "Mul" ? square.Inputs[0] == square.Inputs[1] : square.OpType == "Pow" && square.Inputs[1]?.Constant is { Count: 1 } power && power.ToFloats()[0] == 2;
            if (!isSquare || square.Inputs[0] is not { } x || x.IsGraphOutput || x.IsCaptured) return null;
            double shift = 0;
            Node? next = Only(product);
            Node? relu = null, root = null;
            // Biases before the Relu, and the epsilon behind it, whichever are there.
            for (; next is { Domain: "" }; next = Only(next))
            {
                if (next.OpType == "Add" && (next.Inputs[0]?.Constant ?? next.Inputs[1]?.Constant) is { Count: 1 } number) shift += number.ToFloats()[0];
                else if (next.OpType == "Relu" && relu is null) relu = next;
                else break;
            }
            if (next is { OpType: "Sqrt", Domain: "" } && relu is not null) root = next;
            if (root is null || Only(root) is not { OpType: "Div", Domain: "" } divided || divided.Inputs[0] != x || divided.Inputs[1] != root.Outputs[0]) return null;
            if (x.Uses.Any(u => u.Node != square && u.Node != divided)) return null;
            Node? scaled = Only(divided) is { OpType: "Mul", Domain: "" } mul && (mul.Inputs[0]?.Constant ?? mul.Inputs[1]?.Constant) is { } scale && scale.Count == shares.Count ? mul : null;
            LinearView? before = Layer(x);
            return before is { Weight: { IsInitializer: true, Uses.Count: 1, Constant.Type: ElementType.Float32 } } && before.OutFeatures == shares.Count
                ? new Pieces(before, x, shares, shift, divided, scaled) : null;
        }

        public bool Fuse(Graph graph)
        {
            float[] shares = Shares.ToFloats();
            // What a Relu between the sum and its epsilon cuts off would not be cut off here; with positive shares there is nothing below the shift.
            if (shares.Any(v => !(v > 0)) || !(Shift > 0)) return false;
            float[] factors = [.. shares.Select(v => MathF.Sqrt(v * shares.Length))];
            float[] scale = [.. factors.Select(f => 1 / f)];
            if (Scaled is not null)
            {
                float[] old = (Scaled.Inputs[0]?.Constant ?? Scaled.Inputs[1]!.Constant!).ToFloats();
                for (int i = 0; i < scale.Length; i++) scale[i] *= old[i];
            }
            Scale(graph, factors);
            Node last = Scaled ?? Divided;
            Node fused = graph.AddNode(
                "SimplifiedLayerNormalization", [X, graph.AddInitializer(X.Name + "_scale", TensorData.Of([scale.Length], scale))], last.Outputs[0].Name + "_fused", last,
                attributes: new Dictionary<string, AttributeData> { ["axis"] = -1L, ["epsilon"] = (float)Shift });
            graph.ReplaceUses(last.Outputs[0], fused.Outputs[0]);
            return true;
        }

        private void Scale(Graph graph, float[] factors)
        {
            TensorData weight = Before.Weight.Constant!;
            float[] values = weight.ToFloats();
            for (int i = 0; i < values.Length; i++) values[i] *= factors[Before.OutAxis == 1 ? i % factors.Length : i / Before.InFeatures];
            LayerSlicer.Replace(graph, Before.WeightNode, Before.WeightInput, TensorData.Of(weight.Shape, values));
            if (Before is not { Bias.Constant: { } bias, BiasNode: { } node }) return;
            float[] shift = bias.ToFloats();
            LayerSlicer.Replace(graph, node, Before.BiasInput, TensorData.Of([factors.Length], [.. factors.Select((f, i) => f * shift[shift.Length == 1 ? 0 : i])]));
        }

        private static LinearView? Layer(Value x) =>
            x.Producer is not { } node ? null
            : LinearView.TryGet(node) is { } layer && layer.Output == x ? layer
            : node is { OpType: "Add", Domain: "" } ? node.Inputs.Select(i => i?.Producer is { } p ? LinearView.TryGet(p) : null).FirstOrDefault(l => l?.Output == x) : null;

        private static Node? Only(Node node) => node.Outputs[0] is { IsGraphOutput: false, IsCaptured: false, Uses: [var use] } ? use.Node : null;
    }
}
