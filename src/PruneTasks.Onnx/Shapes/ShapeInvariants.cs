using PruneTasks.Onnx.Shapes;

namespace PruneTasks.Onnx;

/// <summary>
/// What does not depend on the open axes of the inputs: contents (constants in disguise, such as a scale that an exporter computes from
/// Shape), single elements of small tensors, and sizes of axes.
/// </summary>
/// <remarks>
/// Found by comparing shape inference under several different bindings, small and large: what depends on an open axis differs between them,
/// also behind a Min, Max or clamped Slice whose bound lies among the sizes tried. A binding under which a value is not known (sizes too small
/// for a convolution, or larger than a table of positions) does not count, but two have to: where the graph contradicts one of the usual sizes, others are tried
/// (<see cref="TakenSizes"/>), and where it takes a single one, that one with another batch.
/// </remarks>
public sealed class ShapeInvariants
{
    // Distinct, coprime, from a handful of positions to an image: nothing but a constant is equal under all.
    private static readonly (long Batch, long Other)[] Sizes = [(2, 7), (3, 10), (5, 33), (11, 224)];

    private readonly IReadOnlyList<InferredShapes> _runs;

    private ShapeInvariants(IReadOnlyList<InferredShapes> runs) => _runs = runs;

    /// <summary>Shapes under each of the bindings that were compared.</summary>
    public IReadOnlyList<InferredShapes> Runs => _runs;

    /// <summary>Runs inference under several bindings.</summary>
    /// <param name="model">The model.</param>
    /// <param name="binding">Sizes by symbol or input that are fixed for this run and so count as constant; none if left out.</param>
    public static ShapeInvariants Find(OnnxModel model, ShapeBinding? binding = null)
    {
        ShapeBinding fixedPart = binding ?? ShapeBinding.Default();
        List<InferredShapes> runs = [.. Sizes.Select(Run)];
        List<InferredShapes> clean = [.. runs.Where(r => !TakenSizes.Contradicts(r))];
        if (clean.Count == runs.Count || !TakenSizes.AreOpen(model.Graph)) return new ShapeInvariants(runs);
        long batch = Sizes[^1].Batch;
        foreach (long size in TakenSizes.Further)
        {
            // Two sizes that halve often may have more in common than others; a third tells.
            if (clean.Count >= 3) break;
            if (Sizes.Any(s => s.Other == size)) continue;
            InferredShapes run = Run((batch += 2, size));
            runs.Add(run);
            if (!TakenSizes.Contradicts(run)) clean.Add(run);
        }
        if (clean is [var only]) runs.Add(Run((batch + 2, only.Binding.Other)));
        return new ShapeInvariants(runs);

        InferredShapes Run((long Batch, long Other) size) => ShapeInference.Run(model, fixedPart with { Batch = size.Batch, Other = size.Other });
    }

    /// <summary>The content of <paramref name="value"/>, if it is the same whatever the open axes are; else <see langword="null"/>.</summary>
    public TensorData? ContentOf(Value value)
    {
        if (value.Constant is { } constant) return constant;
        TensorData[] seen = Contents(value);
        return seen.Length >= 2 && seen.All(t => AreEqual(t, seen[0])) ? seen[0] : null;
    }

    /// <summary>Number of elements of <paramref name="value"/>, if it is always the same; else <see langword="null"/>.</summary>
    public int? ElementCount(Value value)
    {
        if (value.Constant is { } constant) return constant.Count <= int.MaxValue ? (int)constant.Count : null;
        long[] counts = [.. _runs.Select(r => r.ShapeOf(value)).OfType<IReadOnlyList<long>>().Select(s => s.Aggregate(1L, (a, b) => a * b)).Distinct()];
        return counts is [var only and <= int.MaxValue] ? (int)only : null;
    }

    /// <summary>Element <paramref name="index"/> (row-major) of an integer tensor, if it is always the same; else <see langword="null"/>.</summary>
    public long? ElementOf(Value value, int index)
    {
        TensorData[] seen = value.Constant is { } constant ? [constant, constant] : Contents(value);
        if (seen.Length < 2 || seen.Any(t => t.Count != seen[0].Count || !IsInteger(t.Type)) || index < 0 || index >= seen[0].Count) return null;
        long[] elements = [.. seen.Select(t => t.ToInt64s()[index]).Distinct()];
        return elements is [var only] ? only : null;
    }

    /// <summary>Sizes of the axes, <see langword="null"/> for an axis whose size varies; <see langword="null"/> if the shape or its rank is not known.</summary>
    public IReadOnlyList<long?>? ShapeOf(Value value)
    {
        IReadOnlyList<long>[] seen = [.. _runs.Select(r => r.ShapeOf(value)).OfType<IReadOnlyList<long>>()];
        if (seen.Length < 2 || seen.Any(s => s.Count != seen[0].Count)) return null;
        return [.. Enumerable.Range(0, seen[0].Count).Select(i => seen.All(s => s[i] == seen[0][i]) ? seen[0][i] : (long?)null)];
    }

    private TensorData[] Contents(Value value) => [.. _runs.Select(r => r.ContentOf(value)).OfType<TensorData>()];

    private static bool AreEqual(TensorData a, TensorData b) =>
        a.Type == b.Type && a.Shape.SequenceEqual(b.Shape) && a.Bytes.Span.SequenceEqual(b.Bytes.Span);

    private static bool IsInteger(ElementType type) => type is
        ElementType.Int64 or ElementType.Int32 or ElementType.Int16 or ElementType.Int8 or ElementType.UInt8 or ElementType.UInt16 or ElementType.UInt32 or ElementType.Bool;
}
