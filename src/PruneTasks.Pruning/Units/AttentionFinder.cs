using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds attention layers in the structure of the graph: a Softmax over the last axis whose input is a product of two activations and
/// whose result enters another one. Exporters differ in everything else (packed or split projections, axis order, merged heads, masks,
/// scales); <see cref="IndexTensor"/> reads what they did.
/// </summary>
internal sealed class AttentionFinder(OnnxModel model, LinearLayers layers, LayoutOperators layout)
{
    /// <summary>Looks at one Softmax.</summary>
    /// <param name="softmax">The node.</param>
    /// <param name="refusals">Gets a line for each kind of unit that was found but refused.</param>
    /// <returns>The layer, or <see langword="null"/> if this is no attention or it was refused.</returns>
    public AttentionLayer? Find(Node softmax, List<Refusal> refusals)
    {
        ProductView[] products = [.. FindScores(softmax.Inputs[0]!, 16).DistinctBy(p => p.Node)];
        if (products.Length == 0) return null;
        if (products is not [var scores])
        {
            RefusedException several = new(RefusalReason.PositionDependent, softmax, $"{products.Length} products of activations meet in one Softmax (scores that depend on positions)");
            refusals.Add(several.ToRefusal(UnitKind.QueryKey, softmax.Outputs[0].Name));
            refusals.Add(several.ToRefusal(UnitKind.ValueOutput, softmax.Outputs[0].Name));
            return null;
        }
        HeadProjection query, key, value;
        ProductView context;
        int[] headOfBatch;
        try
        {
            int rank = layout.ShapeOf(softmax.Outputs[0], softmax).Length;
            long axis = softmax.Int("axis", model.Opset < 13 ? 1 : -1);
            if ((axis < 0 ? axis + rank : axis) != rank - 1)
                throw new RefusedException(RefusalReason.Layout, softmax, "Softmax runs over another axis than the last");
            bool keyIsRight = scores.RightFree.Output > scores.LeftFree.Output;
            (query, HeadColumns queryHeads) = Operand(scores, right: !keyIsRight, summed: true);
            (key, _) = Operand(scores, right: keyIsRight, summed: true, queryHeads);
            (context, bool valueIsRight) = FindContext(softmax.Outputs[0]);
            (value, HeadColumns valueHeads) = Operand(context, valueIsRight, summed: false, queryHeads);
            headOfBatch = valueHeads.HeadOfBatch;
        }
        catch (RefusedException e)
        {
            refusals.Add(e.ToRefusal(UnitKind.QueryKey, softmax.Outputs[0].Name));
            refusals.Add(e.ToRefusal(UnitKind.ValueOutput, softmax.Outputs[0].Name));
            return null;
        }
        HeadOutput? output = null;
        try
        {
            output = FindOutput(context, value, headOfBatch);
        }
        catch (RefusedException e)
        {
            refusals.Add(e.ToRefusal(UnitKind.ValueOutput, softmax.Outputs[0].Name));
        }
        return new AttentionLayer(softmax, query, key, value, output);
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

    /// <summary>One operand of a product, its heads numbered as those of <paramref name="query"/> where given.</summary>
    private (HeadProjection Projection, HeadColumns Heads) Operand(ProductView product, bool right, bool summed, HeadColumns? query = null)
    {
        Value operand = right ? product.Right : product.Left;
        int sum = right ? product.RightSum : product.LeftSum, free = (right ? product.RightFree : product.LeftFree).Operand;
        (int dimension, int token) = summed ? (sum, free) : (free, sum);
        ProjectionPath path = ProjectionPath.TraceBack(operand, layers, layout);
        LinearLayers.RequireOwnWeight(path.Layer);
        HeadColumns heads = HeadColumns.Read(path.Columns, right ? product.RightBatch : product.LeftBatch, dimension, token, product.Node);
        if (query is not null) heads = heads.AlignTo(query, product.Node);
        (ProjectionEntry entry, IReadOnlyList<AffectedAxis> affected) = EntryFinder.Find(path, heads, layout);
        return (new HeadProjection(path.Layer, heads.Columns, operand, path.TokenAxes(token), entry, affected), heads);
    }

    private HeadOutput FindOutput(ProductView context, HeadProjection value, int[] headOfBatch)
    {
        bool right = context.Right == value.Operand;
        int axis = (right ? context.RightFree : context.LeftFree).Output;
        Value current = context.Output;
        // Label every element of the context with head * size + dimension, then follow the moves to the next linear layer.
        int size = value.Columns[0].Count;
        int[] shape = layout.ShapeOf(current);
        IndexTensor labels = Label(shape, context.OutputBatch, headOfBatch, axis, size);
        List<AffectedAxis> affected = [EntryFinder.AxisOf(current, labels.Map(l => l % size), context.Node)];
        while (true)
        {
            if (current.IsGraphOutput) throw new RefusedException(RefusalReason.GraphOutput, current.Producer, "the heads are an output of the model");
            if (current.IsCaptured) throw new RefusedException(RefusalReason.CapturedBySubgraph, current.Producer, "the heads are read by a control-flow body");
            Use[] uses = [.. current.Uses.Where(u => u.Node.OpType != "Shape")];
            if (uses.Length != 1) throw new RefusedException(RefusalReason.Barrier, current.Producer, $"the heads are read by {uses.Length} nodes");
            Node node = uses[0].Node;
            if (layers.ByNode.TryGetValue(node, out LinearView? layer) && layer.Input == current)
            {
                LinearLayers.RequireOwnWeight(layer);
                LinearLayers.RequireRoomForBias(layer);
                int[] rows = labels.AlongAxis(labels.Rank - 1) ?? throw new RefusedException(RefusalReason.Layout, node, "the rows of a head differ from token to token");
                int[][] byHead = [.. Enumerable.Range(0, value.Columns.Count).Select(h => Enumerable.Range(0, size).Select(j => Array.IndexOf(rows, (h * size) + j)).ToArray())];
                if (rows.Length != value.Columns.Count * size || byHead.Any(h => h.Contains(-1)))
                    throw new RefusedException(RefusalReason.Layout, node, "the layer reads other elements beside the heads");
                return new HeadOutput(layer, byHead, affected);
            }
            if (layout.DataInput(node) != current)
                throw new RefusedException(RefusalReason.Barrier, node, $"{node.OpType} stands between the heads and the next linear layer");
            current = node.Outputs[0];
            labels = layout.Apply(node, labels, current);
            affected.Add(EntryFinder.AxisOf(current, labels.Map(l => l % size), node));
            EntryFinder.RequireNoSelection(affected[^2], affected[^1]);
        }
    }

    private static IndexTensor Label(int[] shape, IReadOnlyList<int> batchAxes, IReadOnlyList<int> headOfBatch, int axis, int size)
    {
        int[] strides = IndexTensor.Strides(shape);
        int[] batchStrides = IndexTensor.Strides([.. batchAxes.Select(a => shape[a])]);
        return IndexTensor.Identity(shape).Map(id =>
        {
            int batch = 0;
            for (int i = 0; i < batchStrides.Length; i++) batch += id / strides[batchAxes[i]] % shape[batchAxes[i]] * batchStrides[i];
            return (headOfBatch[batch] * size) + (id / strides[axis] % shape[axis]);
        });
    }
}
