using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Operators that only move or repeat elements (Reshape, Transpose, Slice, Split, Gather with constant indices, Expand, …) or scale all of them alike:
/// what they do to an <see cref="IndexTensor"/>. Shapes and contents come from <see cref="InferredShapes"/>, so it does not matter
/// whether an exporter wrote them as attributes, constants, or arithmetic on <c>Shape</c>.
/// </summary>
/// <param name="shapes">Shapes with symbolic axes bound to sizes above 1.</param>
/// <param name="model">The model.</param>
internal sealed class LayoutOperators(InferredShapes shapes, OnnxModel model)
{
    // An index of four bytes each: what a file claims about a shape must not decide how much memory is taken, nor how long it is looked at.
    private const int MostElements = 1 << 24;

    // For all layers together. A real model that has many elements to follow has many weights too: for each weight of a block, its values are arranged
    // about ten times, over fewer than 100 tokens in most models, and over some thousands where layers are narrow.
    private const long AnyModel = 1 << 25, ForEachWeight = 256;

    private long _left = AnyModel + (ForEachWeight * model.Graph.Initializers.Concat(model.Graph.Nodes.Where(n => n.OpType == "Constant").SelectMany(n => n.Outputs)).Sum(v => (long)(v.Constant?.Count ?? 0)));

    /// <summary>Input 0 flows to the outputs of <paramref name="node"/> element by element (Cast, Identity, a scalar factor, a move).</summary>
    public bool IsLayout(Node node, Value data) => node.Domain.Length == 0 && node.OpType switch
    {
        "Identity" or "Dropout" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Transpose" or "Slice" or "Split" or "Gather" or "Expand" or "Tile" =>
            node.Inputs[0] == data,
        "Mul" => IsScalar(Other(node, data)),
        "Div" => node.Inputs[0] == data && IsScalar(node.Inputs[1]),
        _ => false,
    };

    /// <summary>The input that carries the elements, or <see langword="null"/> if <paramref name="node"/> is no layout operator.</summary>
    public Value? DataInput(Node node) => node.Inputs.FirstOrDefault(v => v is not null && v.Constant is null && IsLayout(node, v));

    /// <summary>The elements of a value, to be followed from there.</summary>
    /// <exception cref="RefusedException">Its shape is not known, or there are too many.</exception>
    public IndexTensor Elements(Value value)
    {
        int[] shape = ShapeOf(value);
        Take(IndexTensor.Product(shape), value.Name, value.Producer);
        return IndexTensor.Identity(shape);
    }

    /// <summary>Moves <paramref name="data"/> as <paramref name="node"/> moves its input, for one output.</summary>
    /// <exception cref="RefusedException">Indices or shapes are not known, or the operator is used in a way that is not a move.</exception>
    public IndexTensor Apply(Node node, IndexTensor data, Value output)
    {
        try
        {
            // All but Reshape write them anew.
            Take(data.Ids.Length, output.Name, node);
            return Move(node, data, output);
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or ArithmeticException or InvalidOperationException)
        {
            // Attributes and indices of a malformed file that do not fit the data: sizes that disagree, axes and elements that do not exist.
            throw new RefusedException(RefusalReason.Layout, node, $"{node.OpType} does not fit what it reads");
        }
    }

    private IndexTensor Move(Node node, IndexTensor data, Value output)
    {
        switch (node.OpType)
        {
            case "Transpose":
                int[] perm = node.Ints("perm") is { } p ? [.. p.Select(x => (int)x)] : [.. Enumerable.Range(0, data.Rank).Reverse()];
                return data.Transpose(perm);
            case "Slice":
                return Slice(node, data);
            case "Split":
                return Split(node, data, output);
            case "Gather":
                int axis = Axis(node.Int("axis", 0), data.Rank);
                IndexTensor picked = data.Select(axis, [.. Integers(node, 1).Select(i => (int)(i < 0 ? i + data.Shape[axis] : i))]);
                return picked.Reshape(ShapeOf(output, node));
            case "Expand":
                return data.Repeat(ShapeOf(output, node));
            case "Tile":
                if (data.Rank != ShapeOf(output, node).Length) throw new RefusedException(RefusalReason.Layout, node, "Tile changes the number of axes");
                return data.Repeat(ShapeOf(output, node));
            default:
                return data.Reshape(ShapeOf(output, node));
        }
    }

    /// <summary>Concrete shape as 32-bit sizes.</summary>
    /// <exception cref="RefusedException">It is not known, or so large that its elements cannot be followed one by one.</exception>
    public int[] ShapeOf(Value value, Node? node = null)
    {
        if (shapes.ShapeOf(value) is not { } shape)
            throw new RefusedException(RefusalReason.UnknownShape, node ?? value.Producer, $"the shape of '{value.Name}' is not known before the model runs");
        if (shape.Aggregate(1.0, (count, size) => count * size) > MostElements || shape.Any(size => size > MostElements))
            throw new RefusedException(RefusalReason.UnknownShape, node ?? value.Producer, $"'{value.Name}' has too many elements to follow");
        return [.. shape.Select(size => (int)size)];
    }

    private void Take(long elements, string name, Node? node)
    {
        if ((_left -= elements) < 0) throw new RefusedException(RefusalReason.UnknownShape, node, $"up to '{name}' there are more elements to follow than the weights of the model make likely");
    }

    private static Value? Other(Node node, Value data) => node.Inputs[0] == data ? node.Inputs[1] : node.Inputs[0];

    private bool IsScalar(Value? value) => value is not null && (value.Constant ?? shapes.ContentOf(value)) is { Count: 1 };

    private IndexTensor Slice(Node node, IndexTensor data)
    {
        long[] starts, ends, axes, steps;
        if (model.Opset < 10)
        {
            starts = [.. node.Ints("starts") ?? []];
            ends = [.. node.Ints("ends") ?? []];
            axes = node.Ints("axes") is { } a ? [.. a] : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
            steps = [.. starts.Select(_ => 1L)];
        }
        else
        {
            starts = Integers(node, 1);
            ends = Integers(node, 2);
            axes = node.Inputs.Count > 3 && node.Inputs[3] is not null ? Integers(node, 3) : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
            steps = node.Inputs.Count > 4 && node.Inputs[4] is not null ? Integers(node, 4) : [.. starts.Select(_ => 1L)];
        }
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = Axis(axes[i], data.Rank), size = data.Shape[axis];
            if (steps[i] != 1) throw new RefusedException(RefusalReason.Layout, node, "Slice with a step other than 1");
            int start = (int)Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, size);
            int end = (int)Math.Clamp(ends[i] < 0 ? ends[i] + size : ends[i], start, size);
            data = data.Select(axis, [.. Enumerable.Range(start, end - start)]);
        }
        return data;
    }

    private IndexTensor Split(Node node, IndexTensor data, Value output)
    {
        int axis = Axis(node.Int("axis", 0), data.Rank), start = 0;
        foreach (Value part in node.Outputs)
        {
            int size = ShapeOf(part, node)[axis];
            if (part == output) return data.Select(axis, [.. Enumerable.Range(start, size)]);
            start += size;
        }
        throw new ArgumentException("not an output of the node", nameof(output));
    }

    private long[] Integers(Node node, int input) =>
        input < node.Inputs.Count && node.Inputs[input] is { } value && (value.Constant ?? shapes.ContentOf(value)) is { } content
            ? content.ToInt64s()
            : throw new RefusedException(RefusalReason.Layout, node, $"input {input} of {node.OpType} is not known before the model runs");

    private static int Axis(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);
}
