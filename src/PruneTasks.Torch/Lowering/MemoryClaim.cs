using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>
/// Looks at what a node is about to allocate, where that can be far more than what it reads: a file of a few bytes may ask for terabytes. torch would fail on
/// some of it, and on the rest the system would end the process.
/// </summary>
internal static class MemoryClaim
{
    private const int Floating = 4, Wide = 8;

    // Sizes are small tensors; reading a large one back would itself be the cost.
    private const int MostSizes = TensorData.MostAxes;

    /// <summary>Bytes that one result may have: a quarter of the memory that the process may use.</summary>
    internal static double Most { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4.0;

    /// <exception cref="LoweringException">The result would not fit into memory.</exception>
    internal static void Check(Node node, bool isBinary, Tensor?[] inputs)
    {
        if (node.Domain.Length > 0) return;
        double bytes = node.OpType switch
        {
            "ConstantOfShape" => Floating * Product(Sizes(inputs, 0)),
            "Expand" => Floating * Expanded(inputs),
            "Tile" => Floating * Count(inputs, 0) * Product(Sizes(inputs, 1)),
            "Range" => Wide * RangeLength(inputs),
            "Pad" => Floating * Padded(node, inputs),
            "OneHot" => Floating * Count(inputs, 0) * Scalar(inputs, 1),
            "Resize" or "Upsample" => Floating * Resized(node, inputs),
            "EyeLike" or "Concat" => Floating * inputs.OfType<Tensor>().Sum(i => (double)i.numel()),
            "MatMul" => Floating * Broadcast(inputs, dropped: 2) * Side(inputs, 0, -2) * Side(inputs, 1, -1),
            "Gather" => Floating * Count(inputs, 1) * Count(inputs, 0) / Math.Max(1, Side(inputs, 0, (int)Math.Clamp(node.Int("axis", 0), -64, 63))),
            "Gemm" => Floating * Side(inputs, 0, node.Int("transA", 0) != 0 ? 1 : 0) * Side(inputs, 1, node.Int("transB", 0) != 0 ? 0 : 1),
            _ => isBinary && inputs.Length > 1 ? Floating * Broadcast(inputs, dropped: 0) : 0,
        };
        if (bytes > Most) throw new LoweringException(node, $"its result would have {bytes / (1 << 20):F0} MiB; one tensor may have {Most / (1 << 20):F0} MiB here");
    }

    private static double Count(Tensor?[] inputs, int index) => index < inputs.Length && inputs[index] is { } tensor ? tensor.numel() : 0;

    private static double Product(double[] sizes) => sizes.Aggregate(1.0, (count, size) => count * Math.Max(size, 0));

    private static double[] Sizes(Tensor?[] inputs, int index)
    {
        if (index >= inputs.Length || inputs[index] is not { } tensor || tensor.numel() > MostSizes) return [];
        using var scope = NewDisposeScope();
        return tensor.to(ScalarType.Float64).reshape(-1).contiguous().data<double>().ToArray();
    }

    private static double Scalar(Tensor?[] inputs, int index) => Sizes(inputs, index) is [var only] ? Math.Max(0, only) : 0;

    private static double RangeLength(Tensor?[] inputs) =>
        (Sizes(inputs, 0), Sizes(inputs, 1), Sizes(inputs, 2)) is ([var start], [var limit], [var step]) && step != 0 ? Math.Max(0, (limit - start) / step) : 0;

    private static double Padded(Node node, Tensor?[] inputs)
    {
        if (inputs.Length == 0 || inputs[0] is not { } data) return 0;
        double[] pads = node.Ints("pads") is { Count: <= 2 * MostSizes } given ? [.. given.Select(p => (double)p)] : inputs.Length > 1 && inputs[1] is { } tensor && tensor.numel() <= 2 * MostSizes ? AllOf(tensor) : [];
        double[] axes = inputs.Length > 3 && inputs[3] is not null ? Sizes(inputs, 3) : [.. Enumerable.Range(0, (int)data.ndim).Select(a => (double)a)];
        if (pads.Length != 2 * axes.Length) return 0; // A mistake, which the operator itself names.
        return Resized(data, axes, (size, i) => Math.Max(0, size + pads[i] + pads[i + axes.Length]));
    }

    private static double[] AllOf(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.to(ScalarType.Float64).reshape(-1).contiguous().data<double>().ToArray();
    }

    private static double Resized(Node node, Tensor?[] inputs)
    {
        if (inputs.Length > 3 && inputs[3] is { } sizes && sizes.numel() > 0)
        {
            // Sizes of some axes only (since opset 18): the others stay.
            double[] given = Sizes(inputs, 3);
            return node.Ints("axes") is { } axes && inputs[0] is { } data && axes.Count == given.Length
                ? Resized(data, [.. axes.Select(a => (double)a)], (_, i) => Math.Max(0, given[i]))
                : Product(given);
        }
        double[] scales = node.Attributes.TryGetValue("scales", out AttributeData? a) && a.Floats is { Count: <= MostSizes } f ? [.. f.Select(x => (double)x)]
            : inputs.Length > 2 ? Sizes(inputs, 2) : Sizes(inputs, 1);
        return Count(inputs, 0) * Product(scales);
    }

    /// <summary>Elements when some axes get another size.</summary>
    private static double Resized(Tensor data, double[] axes, Func<double, int, double> size)
    {
        double[] sizes = [.. data.shape.Select(s => (double)s)];
        for (int i = 0; i < axes.Length; i++)
        {
            double axis = axes[i] < 0 ? axes[i] + sizes.Length : axes[i];
            if (axis < 0 || axis >= sizes.Length) return 0;
            sizes[(int)axis] = size(sizes[(int)axis], i);
        }
        return Product(sizes);
    }

    /// <summary>Elements of both shapes broadcast.</summary>
    private static double Expanded(Tensor?[] inputs)
    {
        if (inputs.Length == 0 || inputs[0] is not { } data) return 0;
        double[] wanted = Sizes(inputs, 1), have = [.. data.shape.Select(s => (double)s)];
        double count = 1;
        for (int i = 1; i <= Math.Max(wanted.Length, have.Length); i++)
            count *= Math.Max(i <= wanted.Length ? wanted[^i] : 1, i <= have.Length ? have[^i] : 1);
        return count;
    }

    private static double Side(Tensor?[] inputs, int index, int axis) =>
        index < inputs.Length && inputs[index] is { } tensor && tensor.ndim >= 2 && (axis < 0 ? -axis : axis + 1) <= tensor.ndim ? tensor.shape[axis < 0 ? (int)tensor.ndim + axis : axis] : 1;

    private static double Broadcast(Tensor?[] inputs, int dropped)
    {
        // Every node of arithmetic comes here, and each look at a shape is a call into libtorch.
        long[][] shapes = [.. inputs.OfType<Tensor>().Select(i => i.shape)];
        int rank = shapes.Length == 0 ? 0 : shapes.Max(shape => shape.Length);
        double count = 1;
        for (int back = 1 + dropped; back <= rank; back++)
        {
            long most = 0;
            foreach (long[] shape in shapes) most = Math.Max(most, back <= shape.Length ? shape[^back] : 1);
            count *= most;
        }
        return count;
    }
}
