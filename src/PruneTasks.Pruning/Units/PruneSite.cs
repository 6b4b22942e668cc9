using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// An axis that becomes shorter when units go: coordinate c of <paramref name="Axis"/> of <paramref name="Value"/> belongs to unit <paramref name="UnitOf"/>[c],
/// or to none of the site if that is -1 (as where a Concat joins channels of several sites).
/// </summary>
public sealed record AffectedAxis(Value Value, int Axis, IReadOnlyList<int> UnitOf)
{
    /// <summary>Coordinates that stay when the units of <paramref name="kept"/> stay, ascending.</summary>
    public int[] KeptCoordinates(IReadOnlySet<int> kept) => [.. Enumerable.Range(0, UnitOf.Count).Where(c => UnitOf[c] < 0 || kept.Contains(UnitOf[c]))];
}

/// <summary>Units of one kind at one place of the graph that can be removed one by one, independent of all other sites.</summary>
/// <param name="Kind">Kind of the units.</param>
/// <param name="Name">Name for reports: that of the value after the last linear layer involved.</param>
/// <param name="Units">How many units there are: neurons, or dimensions of a head (equal over heads).</param>
/// <param name="Affected">Every activation axis that becomes shorter.</param>
/// <param name="First">First node, in topological order, whose result changes.</param>
public abstract record PruneSite(UnitKind Kind, string Name, int Units, IReadOnlyList<AffectedAxis> Affected, Node First);

/// <summary>Hidden neurons between linear layers: output columns of the producers, input rows of the consumers.</summary>
/// <param name="Name">See <see cref="PruneSite"/>.</param>
/// <param name="Units">Hidden width.</param>
/// <param name="Affected">The hidden values.</param>
/// <param name="First">See <see cref="PruneSite"/>.</param>
/// <param name="Producers">Layers that make the hidden value (two in a gated feed-forward block).</param>
/// <param name="Consumers">Layers that read it.</param>
/// <param name="Constants">Constants along the hidden axis (scales, thresholds) that shrink with it, as (node, input, axis).</param>
public sealed record FfnSite(
    string Name, int Units, IReadOnlyList<AffectedAxis> Affected, Node First,
    IReadOnlyList<LinearView> Producers, IReadOnlyList<LinearView> Consumers, IReadOnlyList<ConstantOperand> Constants)
    : PruneSite(UnitKind.Ffn, Name, Units, Affected, First);

/// <summary>A constant operand of an elementwise node, with the axis that runs along the units.</summary>
public sealed record ConstantOperand(Node Node, int Input, int Axis);

/// <summary>Dimensions of the query-key product of one attention layer.</summary>
/// <param name="Name">See <see cref="PruneSite"/>.</param>
/// <param name="Units">Dimensions of a head.</param>
/// <param name="Affected">Queries and keys.</param>
/// <param name="First">See <see cref="PruneSite"/>.</param>
/// <param name="Attention">The layer, with both projections.</param>
public sealed record QueryKeySite(string Name, int Units, IReadOnlyList<AffectedAxis> Affected, Node First, AttentionLayer Attention)
    : PruneSite(UnitKind.QueryKey, Name, Units, Affected, First)
{
    /// <summary>Projection that makes the queries.</summary>
    public HeadProjection Query => Attention.Query ?? throw new InvalidOperationException($"the queries of '{Name}' are not known");

    /// <summary>Projection that makes the keys.</summary>
    public HeadProjection Key => Attention.Key ?? throw new InvalidOperationException($"the keys of '{Name}' are not known");
}

/// <summary>Dimensions of the value-output product of one attention layer.</summary>
/// <param name="Name">See <see cref="PruneSite"/>.</param>
/// <param name="Units">Dimensions of a value head.</param>
/// <param name="Affected">Values, and what the heads give.</param>
/// <param name="First">See <see cref="PruneSite"/>.</param>
/// <param name="Attention">The layer, with its output.</param>
public sealed record ValueOutputSite(string Name, int Units, IReadOnlyList<AffectedAxis> Affected, Node First, AttentionLayer Attention)
    : PruneSite(UnitKind.ValueOutput, Name, Units, Affected, First)
{
    /// <summary>The layer after the heads.</summary>
    public HeadOutput Output => Attention.Output ?? throw new InvalidOperationException($"the layer after the heads of '{Name}' is not known");
}

/// <summary>One attention layer as found around a Softmax.</summary>
/// <param name="Softmax">The Softmax over keys.</param>
/// <param name="Query">Projection that makes the queries, or <see langword="null"/> if queries or keys were refused.</param>
/// <param name="Key">Projection that makes the keys; known where <paramref name="Query"/> is.</param>
/// <param name="Value">Projection that makes the values. Several heads may share one value head.</param>
/// <param name="Output">The layer that reads all heads, or <see langword="null"/> if it was refused.</param>
public sealed record AttentionLayer(Node Softmax, HeadProjection? Query, HeadProjection? Key, HeadProjection Value, HeadOutput? Output)
{
    /// <summary>Number of (query) heads.</summary>
    public int Heads => Output?.Rows.Count ?? Query?.Columns.Count ?? Value.Columns.Count;

    /// <summary>The projections that are known: queries, keys, values.</summary>
    public IEnumerable<HeadProjection> Projections => new[] { Query, Key, Value }.OfType<HeadProjection>();
}

/// <summary>A projection of an attention layer.</summary>
/// <param name="Layer">The linear layer; the same one for several roles when queries, keys and values are packed.</param>
/// <param name="Columns">[head][dimension] → output column of <paramref name="Layer"/>; heads in the same order for queries and keys, and for values unless heads share them.</param>
/// <param name="Operand">The value that enters the attention product.</param>
/// <param name="TokenAxes">Axes of the output of <paramref name="Layer"/> along which the tokens of one sequence run.</param>
/// <param name="Entry">Where a projection with fewer columns joins the graph.</param>
/// <param name="Affected">Values that become shorter from there to the operand.</param>
public sealed record HeadProjection(
    LinearView Layer, IReadOnlyList<IReadOnlyList<int>> Columns, Value Operand, IReadOnlyList<int> TokenAxes, ProjectionEntry Entry,
    IReadOnlyList<AffectedAxis> Affected);

/// <summary>Where and how a projection of its own, with any number of columns, takes the place of <paramref name="Value"/>.</summary>
/// <param name="Value">Its uses read the new projection; nothing of another role is in it.</param>
/// <param name="Order">Columns of the old layer in the order in which the new projection gives them.</param>
/// <param name="LeadRank">Axes before the columns, after <paramref name="Prologue"/>.</param>
/// <param name="Permutation">Empty if the new projection's output, after the prologue, has the layout of <paramref name="Value"/>; else the Transpose after
/// a Reshape to (lead axes, heads, dimensions).</param>
/// <param name="Replaced">Values from the old layer's output up to <paramref name="Value"/>, which vanish with the old layer.</param>
/// <param name="Prologue">Nodes directly after the old layer that move rows only; the new projection passes through copies of them first.</param>
public sealed record ProjectionEntry(
    Value Value, IReadOnlyList<int> Order, int LeadRank, IReadOnlyList<int> Permutation, IReadOnlyList<Value> Replaced, IReadOnlyList<Node> Prologue);

/// <summary>The layer after the heads.</summary>
/// <param name="Layer">The linear layer.</param>
/// <param name="Rows">[head][dimension] → input row of <paramref name="Layer"/>; a head for each set of attention weights.</param>
/// <param name="ValueHeads">[head] → value head that it mixes, ascending; 0, 1, 2, … where no two heads share one.</param>
/// <param name="Affected">Values that become shorter from the product of weights and values to the layer's input.</param>
public sealed record HeadOutput(LinearView Layer, IReadOnlyList<IReadOnlyList<int>> Rows, IReadOnlyList<int> ValueHeads, IReadOnlyList<AffectedAxis> Affected)
{
    /// <summary>Heads that share each value head, in the order of the value heads.</summary>
    public IReadOnlyList<int[]> Groups => [.. Enumerable.Range(0, ValueHeads.Count).GroupBy(head => ValueHeads[head]).Select(group => group.ToArray())];
}

/// <summary>What can be pruned in a graph and what was left out, in topological order.</summary>
public sealed record UnitInventory(IReadOnlyList<PruneSite> Sites, IReadOnlyList<Refusal> Refusals);
