using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What <see cref="TokenSlice"/> did.</summary>
/// <param name="Selections">Each place at which only some tokens are read.</param>
/// <param name="MacsBefore">Multiply-accumulates of one sample before.</param>
/// <param name="MacsAfter">The same after.</param>
public sealed record TokenSliceResult(IReadOnlyList<TokenSelection> Selections, long MacsBefore, long MacsAfter);

/// <summary>Tokens that are read of a value, and what works on them alone since.</summary>
/// <param name="Value">Name of the value.</param>
/// <param name="Axis">Its axis of tokens.</param>
/// <param name="Tokens">The tokens; one from the end is negative where the number of tokens is open.</param>
/// <param name="Nodes">How many nodes work on these tokens alone.</param>
public sealed record TokenSelection(string Value, int Axis, IReadOnlyList<long> Tokens, int Nodes);

/// <summary>
/// Exact: where the head of a network reads some tokens only (the class token), what the last block computes for the others is left out: their
/// queries, rows of scores, context, output projection, residual sums, norms and feed-forward layers. Keys and values stay whole.
/// </summary>
/// <remarks>
/// The selection is moved from the Gather or Slice that reads the tokens towards the input, through every operator that treats tokens alike
/// (<see cref="TokenAxisRules"/>), as far as nothing else needs the others (docs/decisions/0008).
/// </remarks>
public static class TokenSlice
{
    /// <summary>Rewrites <paramref name="model"/> where that saves multiply-accumulates; otherwise leaves it as it is.</summary>
    /// <param name="model">The model; weights as initializers (<see cref="SitePreparation.MakeWeightsInitializers"/>).</param>
    /// <param name="invariants">Of the model as it is; no longer true after a rewrite.</param>
    /// <param name="oneSample">Sizes for the counts of the result; batch 1 and 7 for other open axes if left out.</param>
    /// <returns>What was done, or <see langword="null"/> if there was nothing to do.</returns>
    public static TokenSliceResult? Apply(OnnxModel model, ShapeInvariants invariants, ShapeBinding? oneSample = null)
    {
        long before = Macs(model, oneSample);
        List<TokenSelection> selections = [];
        while (Next(model, invariants) is { } plan)
        {
            if (PackedQueries.Unpack(model, invariants, plan))
            {
                invariants = ShapeInvariants.Find(model);
                plan = TokenSlicePlan.For(plan.Readers, model, invariants) ?? throw new InvalidOperationException($"'{plan.Readers.Source.Name}' is no longer read by token");
            }
            selections.Add(new TokenSelection(plan.Readers.Source.Name, plan.Readers.Axis, plan.Readers.Tokens, plan.Nodes.Count));
            new TokenSliceEditor(model, invariants, plan).Apply();
            invariants = ShapeInvariants.Find(model);
        }
        return selections.Count > 0 ? new TokenSliceResult(selections, before, Macs(model, oneSample)) : null;
    }

    /// <summary>The plan nearest to the outputs that saves products.</summary>
    private static TokenSlicePlan? Next(OnnxModel model, ShapeInvariants invariants)
    {
        List<IReadOnlyDictionary<Node, Cost>> costs = [];
        HashSet<Value> seen = [];
        foreach (Node node in model.Graph.Nodes.Reverse())
        {
            if (TokenReaders.Of(node, model, invariants) is not { } readers || !seen.Add(readers.Source)) continue;
            if (TokenSlicePlan.For(readers, model, invariants) is not { } plan) continue;
            if (costs.Count == 0) costs.AddRange(invariants.Runs.Select(r => CostModel.Of(model, r).ByNode));
            // Each product has the axis of tokens in its result, so that its cost falls with them.
            if (costs.Any(c => plan.Nodes.Keys.Any(n => c.TryGetValue(n, out Cost cost) && cost.Macs > 0))) return plan;
        }
        return null;
    }

    private static long Macs(OnnxModel model, ShapeBinding? oneSample) => CostModel.Of(model, ShapeInference.Run(model, oneSample ?? ShapeBinding.Taken(model, 1))).Total.Macs;
}
