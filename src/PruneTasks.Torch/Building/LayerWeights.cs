using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Reads and writes weights of linear layers as y = xW + b, W [in, out], whatever the orientation in the file.</summary>
internal static class LayerWeights
{
    /// <summary>The layer's initializers.</summary>
    public static IEnumerable<Value> Of(LinearView layer) => layer.Bias is { } bias ? [layer.Weight, bias] : [layer.Weight];

    /// <summary>W [in, out] in float64.</summary>
    public static Tensor Weight(LoweredGraph graph, LinearView layer)
    {
        Tensor weight = graph.Weight(layer.Weight).to(float64) * layer.WeightScale;
        return layer.InAxis == 0 ? weight : weight.t();
    }

    /// <summary>b [out] in float64, zero where the layer has none.</summary>
    public static Tensor Bias(LoweredGraph graph, LinearView layer) => layer.Bias is { } bias
        ? (graph.Weight(bias).to(float64) * layer.BiasScale).reshape(-1).expand(layer.OutFeatures)
        : zeros(layer.OutFeatures, float64);

    /// <summary>Puts <paramref name="weight"/> [in, out] in the place of the layer's.</summary>
    public static void SetWeight(LoweredGraph graph, LinearView layer, Tensor weight) =>
        graph.SetWeight(layer.Weight, ((layer.InAxis == 0 ? weight : weight.t()) / layer.WeightScale).to(float32).contiguous());

    /// <summary>Puts <paramref name="bias"/> [out] in the place of the layer's.</summary>
    /// <exception cref="InvalidOperationException">The layer has no bias.</exception>
    public static void SetBias(LoweredGraph graph, LinearView layer, Tensor bias)
    {
        Value value = layer.Bias ?? throw new InvalidOperationException($"'{layer.Output.Name}' has no bias");
        graph.SetWeight(value, (bias / layer.BiasScale).to(float32).reshape(graph.Weight(value).shape).contiguous());
    }

    /// <summary>Columns c of W and b become (W_c·F, b_c·F), F [columns, kept]; the columns after the kept ones become zero.</summary>
    public static void Rotate(LoweredGraph graph, LinearView layer, IReadOnlyList<int> columns, Tensor factor)
    {
        Tensor index = tensor(columns.Select(i => (long)i).ToArray());
        Tensor wide = cat([factor, zeros(factor.shape[0], columns.Count - factor.shape[1], float64)], dim: 1);
        Tensor weight = Weight(graph, layer);
        SetWeight(graph, layer, weight.index_copy(1, index, weight.index_select(1, index).matmul(wide)));
        if (layer.Bias is null) return;
        Tensor bias = Bias(graph, layer);
        SetBias(graph, layer, bias.index_copy(0, index, bias.index_select(0, index).matmul(wide)));
    }

    /// <summary>The present content of an initializer, in the element type that the file has it in.</summary>
    public static TensorData Export(LoweredGraph graph, Value weight) => graph.Export(weight);
}
