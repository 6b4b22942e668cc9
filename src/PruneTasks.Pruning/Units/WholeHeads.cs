using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Attention layers whose operator comes back at the end, with one width for all heads: queries, keys and values have no ranks there, whole key and value groups may go.</summary>
public static class WholeHeads
{
    /// <summary>What is left of the places of a model.</summary>
    /// <param name="found">All places.</param>
    /// <param name="whole">Weights (names of Softmax results) of such layers.</param>
    public static UnitInventory Hold(UnitInventory found, IReadOnlySet<string> whole)
    {
        PruneSite[] held = [.. found.Sites.Where(site => SoftmaxOf(site) is { } softmax && whole.Contains(softmax.Outputs[0].Name))];
        return held.Length == 0 ? found : new UnitInventory(
            [.. found.Sites.Except(held)],
            [.. found.Refusals, .. held.Select(site => new Refusal(site.Kind, site.Name, site.First.OpType, RefusalReason.Barrier, "its operator has one width for all heads, and comes back with its caches: only whole key and value groups may go"))]);
    }

    private static Node? SoftmaxOf(PruneSite site) => site switch
    {
        QueryKeySite s => s.Attention.Softmax,
        ValueOutputSite s => s.Attention.Softmax,
        ScoreGroupSite s => Behind(s.Product),
        _ => null,
    };

    /// <summary>The Softmax behind a product: in between stand its scale and what is added, each read by the next alone.</summary>
    private static Node? Behind(Node node)
    {
        while (node.OpType != "Softmax")
        {
            if (node.Outputs[0].Uses is not [{ Node: var next }]) return null;
            node = next;
        }
        return node;
    }
}
