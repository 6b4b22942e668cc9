using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;

namespace PruneTasks.Torch.Distillation;

/// <summary>Constants that are trained: the layers that read pruned units, and from the first of these places on all biases, scales and shifts.</summary>
/// <param name="Matrices">Weights of the layers that read pruned units. What is zero in them stays zero: rows of removed units are.</param>
/// <param name="Vectors">Biases of layers, scales and shifts of normalisations, whatever operators write them.</param>
internal sealed record TrainableWeights(IReadOnlyList<Value> Matrices, IReadOnlyList<Value> Vectors)
{
    /// <summary>Inputs of an operator that hold a vector along the features.</summary>
    private static readonly Dictionary<string, int[]> Roles = new()
    {
        ["Add"] = [0, 1], ["Sub"] = [1], ["Mul"] = [0, 1], ["Gemm"] = [2], ["Conv"] = [2], ["ConvTranspose"] = [2], ["LayerNormalization"] = [1, 2], ["SimplifiedLayerNormalization"] = [1],
        ["RMSNormalization"] = [1], ["BatchNormalization"] = [1, 2], ["InstanceNormalization"] = [1, 2], ["GroupNormalization"] = [1, 2],
    };

    /// <summary>All of them.</summary>
    public IEnumerable<Value> All => Matrices.Concat(Vectors);

    /// <summary>Finds them.</summary>
    public static TrainableWeights Of(Graph graph, IReadOnlyList<PruneSite> sites)
    {
        Dictionary<Node, int> position = graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        int first = sites.Min(s => BuildStep.PositionOf(s, position));
        Value[] matrices = [.. sites.SelectMany(Readers).Where(IsTrainable).Distinct()];
        IEnumerable<Value> vectors = graph.Nodes.Skip(first).SelectMany(node => node.Inputs.Where((value, i) => value is not null && HasRole(node, i))).OfType<Value>()
            .Where(v => IsTrainable(v) && IsVector(v) && v.Uses.All(use => HasRole(use.Node, use.Index) && position[use.Node] >= first));
        return new TrainableWeights(matrices, [.. vectors.Distinct().Except(matrices)]);
    }

    private static IEnumerable<Value> Readers(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Consumers.Select(layer => layer.Weight),
        ChannelSite channels => channels.Consumers.Select(end => end.Weight),
        _ => SiteAccess.Attention(site)?.Output is { } output ? [output.Layer.Weight] : [],
    };

    private static bool HasRole(Node node, int input) =>
        node.Domain is "" or "com.microsoft" && Roles.TryGetValue(node.OpType, out int[]? inputs) && inputs.Contains(input) && node.Inputs.Any(v => v is { Constant: null });

    private static bool IsTrainable(Value value) => value is { Producer: null, IsGraphInput: false, IsGraphOutput: false, IsCaptured: false }
        && value.Constant is { Type: ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 };

    // A vector with huge numbers is a mask.
    private static bool IsVector(Value value) => value.Constant!.Shape.Count(size => size > 1) == 1 && value.Constant.ToFloats().All(x => Math.Abs(x) < 1e4f);
}
