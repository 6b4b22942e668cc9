namespace PruneTasks.Onnx.Shapes;

/// <summary>
/// Sizes for axes that a file leaves open although it does not take every size: features that are enlarged by two and added to others need sides that halve without
/// rest, windows and pools need a least size, learned positions fit one size alone.
/// </summary>
internal static class TakenSizes
{
    /// <summary>Tried where small numbers contradict the graph: sides of images that common networks take, those first that the most do.</summary>
    public static IReadOnlyList<long> Further { get; } = [96, 224, 448, 384, 640, 336, 256, 299, 518, 1024];

    /// <summary>Some operator does not fit what it reads.</summary>
    public static bool Contradicts(InferredShapes shapes) => shapes.Unknown.Values.Any(reason => reason.Reason == UnknownShape.Inconsistent);

    /// <summary>An input has an open axis beside its first one.</summary>
    public static bool AreOpen(Graph graph) => graph.Inputs.Any(input => input.DeclaredShape?.Skip(1).Any(axis => axis.Size is null) == true);

    /// <summary>The binding, with the first size that contradicts nothing; if all do, the one under which most shapes are known, the first of equals.</summary>
    public static ShapeBinding Find(OnnxModel model, ShapeBinding usual)
    {
        if (!AreOpen(model.Graph)) return usual;
        ShapeBinding best = usual;
        int fewest = int.MaxValue;
        foreach (long size in (long[])[usual.Other, .. Further])
        {
            ShapeBinding tried = usual with { Other = size };
            InferredShapes shapes = ShapeInference.Run(model, tried);
            if (!Contradicts(shapes)) return tried;
            if (shapes.Unknown.Count >= fewest) continue;
            (best, fewest) = (tried, shapes.Unknown.Count);
        }
        return best;
    }
}
