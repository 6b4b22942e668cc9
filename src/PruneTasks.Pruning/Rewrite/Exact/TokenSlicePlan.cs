using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Which nodes can work on the tokens that <paramref name="Readers"/> read alone, and where the selection enters. Nothing is computed twice: a node
/// works on some tokens only if nothing reads the others of its result.
/// </summary>
/// <param name="Readers">The nodes that read some tokens.</param>
/// <param name="Nodes">Nodes that work on these tokens, with the inputs of which they need only these.</param>
/// <param name="Places">Where the tokens are in the results of these nodes and in their inputs.</param>
/// <param name="Cuts">Values that stay whole and of which these nodes need the tokens, with the nodes that do.</param>
/// <param name="Rules">The rules by which they were found.</param>
internal sealed record TokenSlicePlan(
    TokenReaders Readers, IReadOnlyDictionary<Node, IReadOnlyList<(int Input, TokenPlace Place)>> Nodes, IReadOnlyDictionary<Value, TokenPlace> Places,
    IReadOnlyDictionary<Value, IReadOnlyList<Use>> Cuts, TokenAxisRules Rules)
{
    /// <summary>Plans for <paramref name="readers"/>; <see langword="null"/> if no node can do with less.</summary>
    public static TokenSlicePlan? For(TokenReaders readers, OnnxModel model, ShapeInvariants invariants)
    {
        InferredShapes[] runs = [.. invariants.Runs.Where(r => r.ShapeOf(readers.Source) is not null)];
        long[] tokens = [.. runs.Select(r => r.ShapeOf(readers.Source)![readers.Axis])];
        // Half of the tokens or more: the selections cost what they save.
        if (runs.Length < 2 || tokens.Any(t => t < 2 * readers.Tokens.Count)) return null;
        TokenAxisRules rules = new(model, invariants, runs, tokens);
        Dictionary<Value, TokenPlace> places = new() { [readers.Source] = new TokenPlace(readers.Axis, [.. runs.Select(_ => 1L)]) };
        Dictionary<Node, IReadOnlyList<(int Input, TokenPlace Place)>> nodes = Reach(readers.Source, rules, places);
        Shrink(readers, rules, places, nodes);
        if (readers.Source.Producer is not { } last || !nodes.ContainsKey(last)) return null;
        Dictionary<Value, IReadOnlyList<Use>> cuts = [];
        foreach (Node node in model.Graph.Nodes.Where(nodes.ContainsKey))
        {
            foreach ((int input, _) in nodes[node])
            {
                Value value = node.Inputs[input]!;
                if (value.Producer is { } producer && nodes.ContainsKey(producer)) continue;
                cuts[value] = [.. cuts.GetValueOrDefault(value) ?? [], new Use(node, input)];
            }
        }
        return new TokenSlicePlan(readers, nodes, places, cuts, rules);
    }

    /// <summary>Everything to which the selection can be pushed, whoever else reads it.</summary>
    private static Dictionary<Node, IReadOnlyList<(int Input, TokenPlace Place)>> Reach(Value source, TokenAxisRules rules, Dictionary<Value, TokenPlace> places)
    {
        Dictionary<Node, IReadOnlyList<(int Input, TokenPlace Place)>> nodes = [];
        Queue<Value> open = new([source]);
        while (open.TryDequeue(out Value? value))
        {
            if (value.Producer is not { } node || nodes.ContainsKey(node) || rules.Needs(node, value, places[value]) is not { } needs) continue;
            // One value, two places for its tokens (scores read as rows and as columns): it stays as it is.
            if (needs.Any(n => places.TryGetValue(node.Inputs[n.Input]!, out TokenPlace? known) && !known.IsSame(n.Place))) continue;
            if (needs.GroupBy(n => node.Inputs[n.Input]).Any(g => g.Any(n => !n.Place.IsSame(g.First().Place)))) continue;
            nodes.Add(node, needs);
            foreach ((int input, TokenPlace place) in needs)
                if (places.TryAdd(node.Inputs[input]!, place)) open.Enqueue(node.Inputs[input]!);
        }
        return nodes;
    }

    /// <summary>Takes away nodes until no other node reads whole what the rest makes, and the rest reads tokens only where they have an axis of their own.</summary>
    private static void Shrink(TokenReaders readers, TokenAxisRules rules, Dictionary<Value, TokenPlace> places, Dictionary<Node, IReadOnlyList<(int Input, TokenPlace Place)>> nodes)
    {
        while (nodes.Where(n => !Fits(n.Key, n.Value)).Select(n => n.Key).ToArray() is { Length: > 0 } wrong)
            foreach (Node node in wrong) nodes.Remove(node);

        bool Fits(Node node, IReadOnlyList<(int Input, TokenPlace Place)> needs) =>
            node.Outputs.All(o => !o.IsGraphOutput && !o.IsCaptured && (o.Uses.Count == 0 || (places.ContainsKey(o) && o.Uses.All(u => IsServed(o, u)))))
            && needs.All(n => node.Inputs[n.Input] is { } v && ((v.Producer is { } p && nodes.ContainsKey(p)) || rules.IsOwnAxis(v, n.Place)));

        bool IsServed(Value value, Use use) =>
            use.Node is { OpType: "Shape", Domain: "" }
            || (value == readers.Source && readers.Picks.ContainsKey(use.Node))
            || (nodes.TryGetValue(use.Node, out IReadOnlyList<(int Input, TokenPlace Place)>? needs) && needs.Any(n => n.Input == use.Index));
    }
}
