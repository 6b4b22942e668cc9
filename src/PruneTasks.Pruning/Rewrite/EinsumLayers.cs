using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Projections that an Einsum computes with a weight of more than two axes (Keras's EinsumDense: [features, heads, size] and
/// [heads, size, features]) become Reshape, MatMul, Reshape: an exact rewrite, after which they are linear layers like any other.
/// </summary>
internal static class EinsumLayers
{
    /// <summary>Rewrites every such node whose lead axes come first in input and output.</summary>
    public static void ToMatMul(OnnxModel model)
    {
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Taken(model));
        foreach (Node node in model.Graph.Nodes.Where(n => n is { OpType: "Einsum", Domain: "" }).ToArray())
        {
            for (int data = 0; data < node.Inputs.Count && node.Inputs.Count == 2; data++)
                if (Read(node, data, shapes) is { } layer && Rewrite(model.Graph, node, layer)) break;
        }
        model.Graph.RemoveUnused();
    }

    /// <param name="Input">The activation.</param>
    /// <param name="Lead">Axes before those that are summed over.</param>
    /// <param name="Weight">[in, out].</param>
    /// <param name="In">Sizes of the axes summed over.</param>
    /// <param name="Out">Sizes of the new axes.</param>
    private sealed record Layer(Value Input, int Lead, TensorData Weight, long[] In, long[] Out);

    private static Layer? Read(Node node, int data, InferredShapes shapes)
    {
        if (node.Inputs is not [{ } first, { } second] || EinsumEquation.Parse(node.String("equation")) is not { Operands: [var a, var b] } equation) return null;
        (Value x, Value w, string xs, string ws) = data == 0 ? (first, second, a, b) : (second, first, b, a);
        if (x.Constant is not null || w.Constant is not { Shape.Count: > 2, Count: > 0 } weight || ws.Length != weight.Shape.Count || ws.Distinct().Count() != ws.Length) return null;
        if (weight.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64)) return null;
        string ys = equation.Output;
        string ins = string.Concat(xs.Where(ws.Contains)), outs = string.Concat(ys.Where(ws.Contains));
        // Every axis of the weight is either summed over or new, and both groups come last.
        if (ins.Length == 0 || outs.Length == 0 || ins.Intersect(outs).Any() || ins.Length + outs.Length != ws.Length) return null;
        string lead = xs[..^ins.Length];
        if (lead.Length == 0 || !xs.EndsWith(ins, StringComparison.Ordinal) || ys != lead + outs || xs.Distinct().Count() != xs.Length) return null;
        if (shapes.ShapeOf(x) is not { } shape || shape.Count <= ins.Length || (!xs.Contains(EinsumEquation.Ellipsis) && shape.Count != xs.Length)) return null;
        long[] sizesIn = [.. ins.Select(c => weight.Shape[ws.IndexOf(c)])], sizesOut = [.. outs.Select(c => weight.Shape[ws.IndexOf(c)])];
        // An axis of size 1 would be broadcast.
        if (!shape.Skip(shape.Count - ins.Length).SequenceEqual(sizesIn)) return null;
        int[] order = [.. (ins + outs).Select(c => ws.IndexOf(c))];
        int[] elements = IndexTensor.Identity([.. weight.Shape.Select(d => (int)d)]).Transpose(order).Ids;
        TensorData flat = new(weight.Type, [weight.Count], weight.Bytes);
        TensorData sorted = LayerSlicer.Along(flat, 0, elements);
        return new Layer(x, shape.Count - ins.Length, new TensorData(weight.Type, [Product(sizesIn), Product(sizesOut)], sorted.Bytes), sizesIn, sizesOut);
    }

    private static bool Rewrite(Graph graph, Node node, Layer layer)
    {
        Value old = node.Outputs[0];
        if (old.IsGraphOutput || old.IsCaptured) return false;
        // 0 copies an axis (ONNX Reshape, allowzero = 0).
        IEnumerable<long> lead = Enumerable.Repeat(0L, layer.Lead);
        Value x = layer.In.Length == 1 ? layer.Input : Reshape(layer.Input, [.. lead, Product(layer.In)], "rows");
        Value y = graph.AddNode("MatMul", [x, graph.AddInitializer(old.Name + "_weight", layer.Weight)], old.Name + "_product", node).Outputs[0];
        graph.ReplaceUses(old, layer.Out.Length == 1 ? y : Reshape(y, [.. lead, .. layer.Out], "axes"));
        return true;

        Value Reshape(Value value, long[] shape, string name) =>
            graph.AddNode("Reshape", [value, graph.AddInitializer($"{old.Name}_{name}_shape", TensorData.Vector(shape))], $"{old.Name}_{name}", node).Outputs[0];
    }

    private static long Product(long[] sizes) => sizes.Aggregate(1L, (a, b) => a * b);
}
