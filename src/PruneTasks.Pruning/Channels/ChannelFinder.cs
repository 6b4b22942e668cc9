using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds channels that have to go together, by structure alone: the coordinates of all axes of all values, activations and constants, are put into classes
/// by what each operator says of them (<see cref="ChannelRules"/>). A class of which no coordinate has to stay, and that some layer sums over, is a unit; units
/// that touch the same axes are a site.
/// </summary>
public static class ChannelFinder
{
    private const string Owned = "another kind of unit covers it";

    /// <summary>Finds the sites that <paramref name="others"/> leave, and says of every other layer why its channels stay.</summary>
    /// <param name="model">The model; weights as initializers (<see cref="SitePreparation"/>); not changed.</param>
    /// <param name="others">Sites of other kinds: what they make shorter is theirs.</param>
    /// <param name="invariants">Of the model; found if left out.</param>
    public static UnitInventory Find(OnnxModel model, IReadOnlyList<PruneSite> others, ShapeInvariants? invariants = null)
    {
        ChannelAxes axes = new(invariants ?? ShapeInvariants.Find(model));
        HoldEnds(model.Graph, axes);
        HoldOthers(others, axes);
        foreach (Node node in model.Graph.Nodes)
            ChannelRules.Apply(new ChannelContext(node, model.Opsets.GetValueOrDefault(node.Domain, 1), axes));
        AxisJoins.Decide(axes, model.Opset);
        ChannelSites sites = new(model.Graph, axes);
        IReadOnlyList<ChannelSite> found = sites.Collect();
        return new UnitInventory([.. found], [.. Refusals(axes, found)]);
    }

    /// <summary>Holds what the outside sees: inputs, outputs, what bodies read, and what cannot be cut.</summary>
    internal static void HoldEnds(Graph graph, ChannelAxes axes)
    {
        foreach (Value value in graph.Inputs) Hold(axes, value, RefusalReason.GraphInput, $"'{value.Name}' is an input of the model");
        // Of an element type that is not read, sparse, or text: they cannot be made shorter.
        foreach (Value value in graph.Initializers.Concat(graph.Nodes.Where(n => n is { OpType: "Constant", Domain: "" }).SelectMany(n => n.Outputs)).Where(v => v.Constant is null))
            Hold(axes, value, RefusalReason.WeightNotConstant, $"the content of '{value.Name}' is not read");
        foreach (Value value in graph.Outputs) Hold(axes, value, RefusalReason.GraphOutput, $"'{value.Name}' is an output of the model");
        foreach (Value value in graph.Values.Values.Where(v => v.IsCaptured)) Hold(axes, value, RefusalReason.CapturedBySubgraph, $"'{value.Name}' is read by a control-flow body");
    }

    private static void HoldOthers(IReadOnlyList<PruneSite> others, ChannelAxes axes)
    {
        int reason = axes.Classes.Reason(new Pin(RefusalReason.Barrier, null, Owned));
        foreach (PruneSite site in others)
        {
            foreach (AffectedAxis axis in site.Affected) HoldAxis(axis.Value, axis.Axis);
            AttentionLayer? attention = site switch { QueryKeySite s => s.Attention, ValueOutputSite s => s.Attention, _ => null };
            if (attention is null) continue;
            foreach (HeadProjection projection in attention.Projections) HoldAxis(projection.Layer.Output, -1);
            if (attention.Output is { } output) HoldAxis(output.Layer.Input, -1);
        }

        void HoldAxis(Value value, int axis)
        {
            if (axes.Of(value) is { } ranges) axes.Hold(axis < 0 ? ranges[^1] : ranges[axis], reason);
        }
    }

    private static void Hold(ChannelAxes axes, Value value, RefusalReason why, string detail)
    {
        if (axes.Of(value) is not { } ranges) return;
        int reason = axes.Classes.Reason(new Pin(why, value.Producer, detail));
        foreach (AxisRange axis in ranges) axes.Hold(axis, reason);
    }

    /// <summary>One for each layer none of whose outputs is a unit.</summary>
    private static IEnumerable<Refusal> Refusals(ChannelAxes axes, IReadOnlyList<ChannelSite> found)
    {
        HashSet<Node> covered = [.. found.SelectMany(s => s.Producers).Select(p => p.Node)], told = [];
        foreach (FoundEnd end in axes.Ends.Where(e => !e.SumsOver))
        {
            AxisRange axis = axes.Of(end.Node.Inputs[end.WeightInput]!)![end.WeightAxis];
            if (axis.Size < 2 || covered.Contains(end.Node) || !told.Add(end.Node)) continue;
            Pin? pin = axis.IsFollowed ? axes.Classes.PinOf(axis.Start) : null;
            if (pin?.Detail == Owned) continue;
            yield return new Refusal(
                UnitKind.Channel, end.Node.Outputs[0].Name, (pin?.Node ?? end.Node).OpType, pin?.Reason ?? RefusalReason.Barrier,
                pin?.Detail ?? "no layer sums over its channels alone");
        }
    }
}
