using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds the layer that reads the heads of an attention layer. Element indices of the product of weights and values follow the moves to the next linear layer; they
/// tell by which attention weights a row was made, and from which value dimension. So no query has to be known, and several heads may share the values of one.
/// </summary>
internal sealed class HeadOutputFinder(LinearLayers layers, LayoutOperators layout)
{
    /// <summary>Follows the heads.</summary>
    /// <param name="context">Product of attention weights and values.</param>
    /// <param name="value">The values.</param>
    /// <param name="heads">Their heads, by batch position of their operand.</param>
    /// <exception cref="RefusedException">Something else than a move stands in between, or the rows of a head cannot be told from others.</exception>
    public HeadOutput Find(ProductView context, HeadProjection value, HeadColumns heads)
    {
        Elements elements = new(context, value.Operand, heads, layout);
        Value current = context.Output;
        IndexTensor labels = layout.Elements(current);
        List<AffectedAxis> affected = [EntryFinder.AxisOf(current, labels, elements.Dimension, context.Node)];
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
                (int[][] rows, int[] valueHeads) = elements.Rows(labels, node);
                return new HeadOutput(layer, rows, valueHeads, affected);
            }
            if (layout.DataInput(node) != current)
                throw new RefusedException(RefusalReason.Barrier, node, $"{node.OpType} stands between the heads and the next linear layer");
            current = node.Outputs[0];
            labels = layout.Apply(node, labels, current);
            affected.Add(EntryFinder.AxisOf(current, labels, elements.Dimension, node));
            EntryFinder.RequireNoSelection(affected[^2], affected[^1]);
        }
    }

    /// <summary>What the flat index of an element of the product says.</summary>
    private sealed class Elements
    {
        private readonly int[] _shape;
        private readonly int[] _strides;
        private readonly int[] _batchAxes;
        private readonly int[] _operandSizes;
        private readonly int[] _operandStrides;
        private readonly int _dimension;
        private readonly int _token;
        private readonly HeadColumns _heads;

        public Elements(ProductView context, Value operand, HeadColumns heads, LayoutOperators layout)
        {
            bool right = context.Right == operand;
            (_dimension, _token) = right ? (context.RightFree.Output, context.LeftFree.Output) : (context.LeftFree.Output, context.RightFree.Output);
            (_heads, _shape, _batchAxes) = (heads, layout.ShapeOf(context.Output), [.. context.OutputBatch]);
            _strides = IndexTensor.Strides(_shape);
            int[] sizes = layout.ShapeOf(operand);
            _operandSizes = [.. (right ? context.RightBatch : context.LeftBatch).Select(axis => sizes[axis])];
            _operandStrides = IndexTensor.Strides(_operandSizes);
        }

        public int Dimension(int id) => At(id, _dimension);

        /// <summary>Rows of each head and the value head that it reads, by value head, then by first row.</summary>
        public (int[][] Rows, int[] ValueHeads) Rows(IndexTensor labels, Node node)
        {
            int count = labels.Shape[^1], size = _heads.Size;
            int[] first = labels.Ids[..count];
            if (labels.AlongAxis(labels.Rank - 1, Dimension) is null || labels.AlongAxis(labels.Rank - 1, ValueHead) is null)
                throw new RefusedException(RefusalReason.Layout, node, "the rows of a head differ from token to token");
            // Rows made by the same attention weights are a head.
            int[][] groups = [.. Enumerable.Range(0, count).GroupBy(row => Weights(first[row])).Select(g => g.ToArray())];
            for (int at = 0; at < labels.Ids.Length; at += count)
            {
                foreach (int[] group in groups)
                {
                    int weights = Weights(labels.Ids[at + group[0]]);
                    foreach (int row in group)
                    {
                        if (Weights(labels.Ids[at + row]) != weights) throw new RefusedException(RefusalReason.Layout, node, "the rows of a head differ from token to token");
                    }
                    if (At(labels.Ids[at + group[0]], _token) != At(labels.Ids[at], _token)) throw new RefusedException(RefusalReason.Layout, node, "the layer reads several tokens at once");
                }
            }
            (int Value, int[] Rows)[] heads = [.. groups
                .Select(g => (Value: ValueHead(first[g[0]]), Rows: Enumerable.Range(0, size).Select(j => Array.Find(g, row => Dimension(first[row]) == j)).ToArray(), Count: g.Length))
                .Where(h => h.Count == size && h.Rows.Distinct().Count() == size && Enumerable.Range(0, size).All(j => Dimension(first[h.Rows[j]]) == j))
                .Select(h => (h.Value, h.Rows)).OrderBy(h => h.Value).ThenBy(h => h.Rows[0])];
            if (heads.Length != groups.Length || heads.Select(h => h.Value).Distinct().Count() != _heads.Heads)
                throw new RefusedException(RefusalReason.Layout, node, "the layer reads other elements beside the heads");
            return ([.. heads.Select(h => h.Rows)], [.. heads.Select(h => h.Value)]);
        }

        /// <summary>The row of attention weights that made the element.</summary>
        private int Weights(int id) => id - (Dimension(id) * _strides[_dimension]);

        /// <summary>Value head by batch position; an axis of 1 of the values is broadcast.</summary>
        private int ValueHead(int id)
        {
            int batch = 0;
            for (int i = 0; i < _batchAxes.Length; i++) batch += At(id, _batchAxes[i]) % _operandSizes[i] * _operandStrides[i];
            return _heads.HeadOfBatch[batch];
        }

        private int At(int id, int axis) => id / _strides[axis] % _shape[axis];
    }
}
