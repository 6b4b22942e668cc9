using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Inspection;

/// <summary>What is in a model, and what of it can be pruned.</summary>
internal sealed record ModelInspection
{
    // A size above 1 has to be told from an axis of size 1, and from the batch; sides of images are counted as those of common networks.
    private const int OpenAxis = 7, OpenSide = 224;

    /// <summary>The file.</summary>
    public required ModelFile File { get; init; }

    /// <summary>Multiply-accumulates of one sample; open axes other than the batch count as <see cref="OpenAxisSize"/>.</summary>
    public required long Macs { get; init; }

    /// <summary>Elements of the floating-point weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Size that stands in for an open axis; null where the model has none beside the batch.</summary>
    public required long? OpenAxisSize { get; init; }

    /// <summary>Caches of a language model that are left out in all that follows.</summary>
    public required int Caches { get; init; }

    /// <summary>Nodes whose MACs could not be counted.</summary>
    public required IReadOnlyList<string> Uncounted { get; init; }

    /// <summary>Where the MACs are, by operator, the largest share first.</summary>
    public required IReadOnlyList<OperatorMacs> ByOperator { get; init; }

    /// <summary>Sites with their units, in the model's order.</summary>
    public required IReadOnlyList<UnitsAt> Units { get; init; }

    /// <summary>What was found but has to stay dense.</summary>
    public required IReadOnlyList<Refusal> Refusals { get; init; }

    /// <summary>Looks at a model. Needs no native library and runs nothing.</summary>
    public static ModelInspection Of(ModelFile file)
    {
        OnnxModel model = file.Model;
        // Units are those that pruning would find: after the same exact rewrites, on a copy.
        (OnnxModel prepared, DecoderStates? caches) = DecoderCaches.LeaveOut(file);
        OnnxModel counted = caches is null ? model : prepared;
        bool openSides = counted.Graph.Inputs.Any(input => input.DeclaredShape is { Count: 4 } shape && (shape[1].Size is 1 or 3 or null || shape[3].Size is 1 or 3) && shape.Skip(1).Any(axis => axis.Size is null));
        ShapeBinding one = ShapeBinding.Taken(counted, 1, openSides ? OpenSide : OpenAxis);
        ModelCost cost = CostModel.Of(counted, ShapeInference.Run(counted, one));
        List<FusedAttention> attentions = [];
        Unfusing.Apply(prepared, attentions);
        HashSet<string> whole = [.. attentions.Where(a => caches?.Operators?.Operators.Contains(a.Result) == true).Select(a => a.Weights)];
        BatchNormFolding.Apply(prepared);
        SitePreparation.MakeWeightsInitializers(prepared.Graph);
        MeanLayers.Apply(prepared);
        SitePreparation.Prepare(prepared);
        UnitInventory found = UnitFinder.Find(prepared, ShapeInference.Run(prepared, ShapeBinding.Taken(prepared))), groups = KeyGroupFinder.Find(prepared, found.Sites, whole);
        found = WholeHeads.Hold(found, whole);
        found = new UnitInventory(GroupOrder.Merge(groups.Sites, found.Sites, s => s.Kind.ToSpecName(), s => s.Name), [.. found.Refusals, .. groups.Refusals]);
        InferredShapes oneSample = ShapeInference.Run(prepared, one);
        IReadOnlyList<int> blocks = BlockNumbers.Of(found.Sites.Select(site => site.Kind.ToSpecName()));
        return new ModelInspection
        {
            File = file,
            Caches = caches?.Count ?? 0,
            Macs = cost.Total.Macs,
            Parameters = cost.Total.Parameters,
            OpenAxisSize = model.Graph.Inputs.Any(input => input.DeclaredShape?.Skip(1).Any(axis => axis.Size is null) ?? true) ? one.Other : null,
            Uncounted = [.. cost.Uncounted.Select(node => $"{node.OpType} '{node.Name}'")],
            ByOperator =
            [
                .. cost.ByNode.Where(node => node.Value.Macs > 0).GroupBy(node => node.Key.OpType, StringComparer.Ordinal)
                    .Select(group => new OperatorMacs(group.Key, group.Count(), group.Sum(node => node.Value.Macs)))
                    .OrderByDescending(row => row.Macs).ThenBy(row => row.Operator, StringComparer.Ordinal),
            ],
            Units = [.. found.Sites.Select((site, i) => new UnitsAt(blocks[i], site.Kind.ToSpecName(), site.Name, site.Units, Heads(site), PerUnit(site, oneSample)))],
            Refusals = found.Refusals,
        };
    }

    private static Cost? PerUnit(PruneSite site, InferredShapes shapes)
    {
        try
        {
            return SiteCosts.Of(site, shapes);
        }
        catch (InvalidOperationException)
        {
            return null; // A shape is not known; the units are there all the same.
        }
    }

    private static int Heads(PruneSite site) => site switch
    {
        QueryKeySite { Attention.Heads: var heads } => heads,
        ValueOutputSite { Attention.Heads: var heads } => heads,
        _ => 1,
    };
}

/// <summary>The MACs of one operator.</summary>
internal sealed record OperatorMacs(string Operator, int Nodes, long Macs);

/// <summary>Units of one kind at one place.</summary>
/// <param name="Block">Block, from 1.</param>
/// <param name="Kind"><c>ffn</c>, <c>qk</c> or <c>vo</c>.</param>
/// <param name="Where">The value at which it ends.</param>
/// <param name="Units">How many: neurons, or dimensions of one head.</param>
/// <param name="Heads">Heads; 1 for <c>ffn</c>.</param>
/// <param name="PerUnit">What removing one unit saves (in every head at once); null where a shape is not known.</param>
internal sealed record UnitsAt(int Block, string Kind, string Where, int Units, int Heads, Cost? PerUnit);
