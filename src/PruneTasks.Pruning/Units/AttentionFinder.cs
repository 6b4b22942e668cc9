using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds attention layers in the structure of the graph: a Softmax over the last axis whose input is a product of two activations and
/// whose result enters another one. Exporters differ in everything else (packed or split projections, axis order, merged heads, masks,
/// scales); <see cref="IndexTensor"/> reads what they did.
/// </summary>
internal sealed class AttentionFinder(OnnxModel model, LinearLayers layers, LayoutOperators layout)
{
    private readonly ScoreGroupFinder _scoreGroups = new(model, layers, new Lazy<ShapeInvariants>(() => ShapeInvariants.Find(model)));
    private readonly List<ScoreGroupSite> _groups = [];

    private readonly HeadOutputFinder _outputs = new(layers, layout);

    /// <summary>Query-key dimensions of layers whose queries and keys do not come by moves alone; complete once every Softmax was looked at.</summary>
    public IReadOnlyList<ScoreGroupSite> ScoreGroups => _groups;

    /// <summary>Looks at one Softmax.</summary>
    /// <param name="softmax">The node.</param>
    /// <param name="refusals">Gets a line for each kind of unit that was found but refused.</param>
    /// <returns>The layer, or <see langword="null"/> if this is no attention or it was refused.</returns>
    public AttentionLayer? Find(Node softmax, List<Refusal> refusals)
    {
        ProductView[] products = [.. FindScores(softmax.Inputs[0]!, 16).DistinctBy(p => p.Node)];
        if (products.Length == 0) return null;
        Value weights = softmax.Outputs[0];
        try
        {
            int rank = layout.ShapeOf(weights, softmax).Length;
            long axis = softmax.Int("axis", model.Opset < 13 ? 1 : -1);
            if ((axis < 0 ? axis + rank : axis) != rank - 1)
                throw new RefusedException(RefusalReason.Layout, softmax, "Softmax runs over another axis than the last");
        }
        catch (RefusedException e)
        {
            Refuse(e, UnitKind.QueryKey);
            Refuse(e, UnitKind.ValueOutput);
            return null;
        }
        // What happens to queries and keys (rotation by position, normalisation, sharing) is no matter of the values: these are looked at on their own.
        ((HeadProjection Query, HeadProjection Key)? scores, HeadColumns? queryHeads) = (null, null);
        try
        {
            (scores, queryHeads) = FindQueryKey(products, softmax);
        }
        catch (RefusedException e)
        {
            if (!TryGroups(products, weights.Name)) Refuse(e, UnitKind.QueryKey);
        }
        HeadProjection value;
        ProductView context;
        HeadColumns valueHeads;
        try
        {
            (context, bool valueIsRight) = FindContext(weights);
            (value, valueHeads) = Operand(context, valueIsRight, summed: false, (heads, _) => queryHeads is null ? heads : heads.TryAlignTo(queryHeads) ?? heads);
            if (scores is null && value.Layer.OutFeatures != valueHeads.Heads * valueHeads.Size)
                throw new RefusedException(RefusalReason.Layout, value.Layer.Node, "one layer makes the values and the queries or keys, which are not understood");
        }
        catch (RefusedException e)
        {
            if (scores is not null) Refuse(e, UnitKind.QueryKey);
            Refuse(e, UnitKind.ValueOutput);
            return null;
        }
        HeadOutput? output = null;
        try
        {
            output = _outputs.Find(context, value, valueHeads);
        }
        catch (RefusedException e)
        {
            Refuse(e, UnitKind.ValueOutput);
        }
        return scores is null && output is null ? null : new AttentionLayer(softmax, scores?.Query, scores?.Key, value, output);

        void Refuse(RefusedException e, UnitKind kind) => refusals.Add(e.ToRefusal(kind, weights.Name));
    }

    private ((HeadProjection Query, HeadProjection Key) Scores, HeadColumns QueryHeads) FindQueryKey(ProductView[] products, Node softmax)
    {
        if (products is not [var scores])
            throw new RefusedException(RefusalReason.PositionDependent, softmax, $"{products.Length} products of activations meet in one Softmax (scores that depend on positions)");
        bool keyIsRight = scores.RightFree.Output > scores.LeftFree.Output;
        (HeadProjection query, HeadColumns heads) = Operand(scores, right: !keyIsRight, summed: true);
        (HeadProjection key, _) = Operand(scores, right: keyIsRight, summed: true, (own, node) => own.AlignTo(heads, node));
        return ((query, key), heads);
    }

    /// <summary>Units of queries and keys that only go together; a refusal of these says no more than the first one.</summary>
    private bool TryGroups(ProductView[] products, string name)
    {
        if (products is not [var scores]) return false;
        try
        {
            IReadOnlyList<ScoreGroupSite> found = _scoreGroups.Find(scores, name);
            _groups.AddRange(found);
            return found.Count > 0;
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    /// <summary>Up from the Softmax through scales, masks and moves to products of two activations; one of them makes an attention layer.</summary>
    private IEnumerable<ProductView> FindScores(Value value, int depth)
    {
        if (depth == 0 || value.Producer is not { } node) return [];
        try
        {
            if (ProductView.TryGet(node, layout) is { } product) return [product];
        }
        catch (RefusedException)
        {
            return []; // A product of unknown rank is not recognised as attention.
        }
        // What stands between changes scores, not the product: anything that passes them on will do.
        return node.OpType is "Add" or "Sub" or "Mul" or "Div" or "Where" or "Max" or "Min" or "Sum" or "Neg" or "Clip" or "Tanh" or "Dropout"
            or "Reshape" or "Squeeze" or "Unsqueeze" or "Transpose" or "Identity" or "Cast"
            ? node.Inputs.OfType<Value>().SelectMany(i => FindScores(i, depth - 1))
            : [];
    }

    /// <summary>Down from the Softmax to the product with the values, and the side on which the values stand.</summary>
    private (ProductView Product, bool ValueIsRight) FindContext(Value weights)
    {
        (ProductView Product, bool ValueIsRight)? found = null;
        Queue<Value> open = new([weights]);
        HashSet<Value> seen = [];
        while (open.TryDequeue(out Value? value))
        {
            if (!seen.Add(value)) continue;
            foreach (Use use in value.Uses)
            {
                if (ProductView.TryGet(use.Node, layout) is { } product)
                {
                    if (found is not null) throw new RefusedException(RefusalReason.Barrier, use.Node, "the attention weights enter several products");
                    found = (product, product.Left == value);
                }
                else if (use.Node.OpType is "Identity" or "Dropout" or "Cast" or "Mul" or "Where" or "Reshape" or "IsNaN" or "Not")
                {
                    open.Enqueue(use.Node.Outputs[0]);
                }
                else if (use.Node.OpType != "Shape")
                {
                    throw new RefusedException(RefusalReason.Barrier, use.Node, $"the attention weights enter {use.Node.OpType}");
                }
            }
        }
        return found ?? throw new RefusedException(RefusalReason.Barrier, weights.Producer, "the attention weights enter no product with values");
    }

    /// <summary>One operand of a product, its heads numbered by <paramref name="order"/> where given.</summary>
    private (HeadProjection Projection, HeadColumns Heads) Operand(ProductView product, bool right, bool summed, Func<HeadColumns, Node, HeadColumns>? order = null)
    {
        Value operand = right ? product.Right : product.Left;
        int sum = right ? product.RightSum : product.LeftSum, free = (right ? product.RightFree : product.LeftFree).Operand;
        (int dimension, int token) = summed ? (sum, free) : (free, sum);
        ProjectionPath path = ProjectionPath.TraceBack(operand, layers, layout);
        LinearLayers.RequireOwnWeight(path.Layer);
        HeadColumns heads = HeadColumns.Read(path.Columns, right ? product.RightBatch : product.LeftBatch, dimension, token, product.Node);
        if (order is not null) heads = order(heads, product.Node);
        (ProjectionEntry entry, IReadOnlyList<AffectedAxis> affected) = EntryFinder.Find(path, heads, layout);
        return (new HeadProjection(path.Layer, heads.Columns, operand, path.TokenAxes(token), entry, affected), heads);
    }
}
