using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds whole key and value groups: a key head, its value head and the query heads that share both. They are channels of the axis of heads, found by the same rules
/// (<see cref="ChannelRules"/>) once the dimensions of a head are held; what goes together has to be what the tracing of element indices says the heads share.
/// </summary>
public static class KeyGroupFinder
{
    /// <summary>Sites of <see cref="UnitKind.KeyGroup"/>, one for each attention layer whose heads share keys and values, and a refusal for each other such layer.</summary>
    /// <param name="model">The model in which <paramref name="sites"/> were found; not changed.</param>
    /// <param name="sites">All sites of the model.</param>
    /// <param name="whole">Weights (names of Softmax results) of layers in which nothing but whole heads can go: there heads that share nothing are groups of one.</param>
    /// <param name="invariants">Of the model; found if left out.</param>
    public static UnitInventory Find(OnnxModel model, IReadOnlyList<PruneSite> sites, IReadOnlySet<string>? whole = null, ShapeInvariants? invariants = null)
    {
        ValueOutputSite[] layers = [.. sites.OfType<ValueOutputSite>().Where(s => s.Output.Groups.Count > 1 && (Shares(s.Output) || whole?.Contains(s.Attention.Softmax.Outputs[0].Name) == true))];
        if (layers.Length == 0) return new UnitInventory([], []);
        ChannelAxes axes = new(invariants ?? ShapeInvariants.Find(model));
        ChannelFinder.HoldEnds(model.Graph, axes);
        int dimension = axes.Classes.Reason(new Pin(RefusalReason.Layout, null, "the dimensions of a head stay"));
        foreach (ValueOutputSite layer in layers)
        {
            AffectedAxis inside = layer.Output.Affected[0];
            if (axes.Of(inside.Value) is { } heads) axes.Hold(heads[inside.Axis], dimension);
            Unite(layer, axes);
        }
        foreach (Node node in model.Graph.Nodes)
            ChannelRules.Apply(new ChannelContext(node, model.Opsets.GetValueOrDefault(node.Domain, 1), axes));
        AxisJoins.Decide(axes, model.Opset, byClasses: true);
        ILookup<Node, ChannelSite> found = new ChannelSites(model.Graph, axes).Collect().Where(s => s.Consumers.Count == 1).ToLookup(s => s.Consumers[0].Node);
        List<PruneSite> groups = [];
        List<Refusal> refusals = [];
        foreach (ValueOutputSite layer in layers)
        {
            Node reader = layer.Output.Layer.Node;
            if (found[reader].FirstOrDefault(s => Fits(s, layer)) is { } site)
                groups.Add(site with { Kind = UnitKind.KeyGroup, Name = layer.Name, First = layer.First });
            else
                refusals.Add(new Refusal(UnitKind.KeyGroup, layer.Name, reader.OpType, RefusalReason.GroupedHeads, Why(layer, axes)));
        }
        return new UnitInventory(groups, refusals);
    }

    private static bool Shares(HeadOutput output) => output.Groups.Any(g => g.Length > 1);

    /// <summary>Rows behind the heads of one group go together. That tells the axis of groups from that of the query heads in a group where both are parts of one axis.</summary>
    private static void Unite(ValueOutputSite layer, ChannelAxes axes)
    {
        LinearView reader = layer.Output.Layer;
        if (axes.Of(reader.WeightNode.Inputs[reader.WeightInput]!)?[reader.InAxis] is not { IsFollowed: true } rows) return;
        foreach (int[] group in layer.Output.Groups)
        {
            int first = layer.Output.Rows[group[0]][0];
            foreach (int row in group.SelectMany(head => layer.Output.Rows[head])) axes.Classes.Unite(rows.Start + first, rows.Start + row);
        }
    }

    /// <summary>The units take from the layer behind the heads, and from the values, exactly what one group has.</summary>
    private static bool Fits(ChannelSite site, ValueOutputSite layer)
    {
        HeadOutput output = layer.Output;
        IReadOnlyList<int[]> groups = output.Groups;
        if (site.Units != groups.Count || site.Consumers[0].Weight != output.Layer.Weight || site.Consumers[0].WeightAxis != output.Layer.InAxis) return false;
        IReadOnlyList<int> rows = site.Consumers[0].UnitOf;
        HashSet<int> units = [];
        foreach (int[] group in groups)
        {
            int unit = rows[output.Rows[group[0]][0]];
            if (unit < 0 || !units.Add(unit) || group.Any(head => output.Rows[head].Any(row => rows[row] != unit))) return false;
            HeadProjection value = layer.Attention.Value;
            ChannelEnd? values = site.Producers.FirstOrDefault(p => p.Weight == value.Layer.Weight && p.WeightAxis == value.Layer.OutAxis);
            if (values is null || value.Columns[output.ValueHeads[group[0]]].Any(column => values.UnitOf[column] != unit)) return false;
        }
        return rows.All(u => u >= 0);
    }

    private static string Why(ValueOutputSite layer, ChannelAxes axes)
    {
        LinearView reader = layer.Output.Layer;
        AxisRange? rows = axes.Of(reader.WeightNode.Inputs[reader.WeightInput]!)?[reader.InAxis];
        Pin? pin = rows is { IsFollowed: true } range ? axes.Classes.PinOf(range.Start) : null;
        return "whole key and value groups stay: " + (pin?.Detail ?? "what goes together is not one group of heads");
    }
}
