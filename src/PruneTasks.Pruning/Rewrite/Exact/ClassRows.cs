using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What the numbers along the axis of classes are.</summary>
public enum ScoreKind
{
    /// <summary>Scores without a scale of their own.</summary>
    Logits,

    /// <summary>Probabilities: no number is negative and their sum is 1.</summary>
    Probabilities,

    /// <summary>Logarithms of probabilities.</summary>
    LogProbabilities,
}

/// <summary>The output with class scores, and the classes that are kept.</summary>
/// <param name="Output">Index of the graph output.</param>
/// <param name="Axis">Its axis of classes.</param>
/// <param name="Of">Number of classes of the dense model.</param>
/// <param name="Kind">What its numbers are.</param>
/// <param name="Classes">Classes to keep, in their new order.</param>
public sealed record ClassScores(int Output, int Axis, int Of, ScoreKind Kind, IReadOnlyList<int> Classes);

/// <summary>
/// Keeps some classes of a classifier. Exact for the answer among them: scores stay what they are, probabilities are divided by their sum.
/// </summary>
public static class ClassRows
{
    /// <summary>
    /// Takes the other classes out of the last layer (ai.onnx MatMul, Gemm, Einsum, Conv). Where something stands between it and the scores that does not treat
    /// every class alike, the scores are picked behind that.
    /// </summary>
    /// <returns><see langword="null"/> if the last layer itself has become smaller; else why not.</returns>
    public static string? Cut(OnnxModel model, ClassScores scores)
    {
        Graph graph = model.Graph;
        Value output = graph.Outputs[scores.Output];
        ShapeInvariants shapes = ShapeInvariants.Find(model);
        ScorePath path = ScorePath.From(model, shapes, output, scores.Axis, scores.Of);
        if (scores.Kind != ScoreKind.Logits && !path.Normalizes)
        {
            Select(model, scores);
            return path.End.Length > 0 ? path.End : "the probabilities are not those of a Softmax";
        }
        string why = path.End;
        if (path.Value.Producer is null) throw new InvalidOperationException($"'{output.Name}' is not computed");
        if (ScorePath.LayerOf(path.Value) is { } layer && path.Axis == (shapes.ShapeOf(path.Value)?.Count ?? 0) - 1 && layer.OutFeatures == scores.Of)
        {
            LayerSlicer.KeepColumns(graph, layer, scores.Classes);
        }
        else if (path.Axis == 1 && ScorePath.ConvolutionOf(path.Value) is { } convolution && convolution.Inputs[1]!.Constant!.Shape[0] == scores.Of)
        {
            for (int input = 1; input < convolution.Inputs.Count; input++)
            {
                if (convolution.Inputs[input]?.Constant is { } constant) LayerSlicer.Replace(graph, convolution, input, LayerSlicer.Along(constant, 0, scores.Classes));
            }
        }
        else
        {
            if (why.Length == 0) why = "the classes are not the features of the last layer";
            Gather(graph, path.Value, path.Axis, scores.Classes);
        }
        foreach (Node node in path.Nodes) Resize(graph, node, scores.Classes.Count);
        graph.ForgetShape(path.Value);
        foreach (Node node in path.Nodes) graph.ForgetShape(node.Outputs[0]);
        Declare(graph, output, scores);
        return why.Length == 0 ? null : why;
    }

    /// <summary>Picks the scores of the classes at the output, whatever computes them: the meaning of <see cref="Cut"/>, in its plainest form.</summary>
    public static void Select(OnnxModel model, ClassScores scores)
    {
        Graph graph = model.Graph;
        Value output = graph.Outputs[scores.Output];
        // In front of the pick goes nothing; behind it, the sum is made 1 again.
        if (scores.Kind != ScoreKind.Logits)
        {
            (string op, AttributeData? p) = scores.Kind == ScoreKind.Probabilities ? ("LpNormalization", 1L) : ("LogSoftmax", (AttributeData?)null);
            Dictionary<string, AttributeData> attributes = new() { ["axis"] = (long)scores.Axis };
            if (p is not null) attributes["p"] = p;
            Value inner = graph.InsertAfter(output, op, before => [before], attributes).Inputs[0]!;
            Gather(graph, inner, scores.Axis, scores.Classes);
            graph.ForgetShape(inner);
        }
        else
        {
            Gather(graph, output, scores.Axis, scores.Classes);
        }
        Declare(graph, output, scores);
    }

    private static void Gather(Graph graph, Value value, int axis, IReadOnlyList<int> classes) => graph.InsertAfter(
        value, "Gather", before => [before, graph.AddInitializer(value.Name + "_classes", TensorData.Vector([.. classes.Select(c => (long)c)]))],
        new Dictionary<string, AttributeData> { ["axis"] = (long)axis });

    // A target that names the number of classes names the new one.
    private static void Resize(Graph graph, Node node, int classes)
    {
        if (node is not { OpType: "Reshape", Domain: "" }) return;
        if (node.Ints("shape") is { Count: > 1 } old && old[1] > 0)
        {
            graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes) { ["shape"] = (long[])[.. old.Select((size, i) => i == 1 ? classes : size)] });
            return;
        }
        if (node.Inputs.Count < 2 || node.Inputs[1]?.Constant is not { Type: ElementType.Int64 } target) return;
        long[] sizes = target.ToInt64s();
        if (sizes.Length < 2 || sizes[1] <= 0) return;
        sizes[1] = classes;
        graph.SetInput(node, 1, graph.AddInitializer(node.Outputs[0].Name + "_shape", TensorData.Of(target.Shape, sizes)));
    }

    private static void Declare(Graph graph, Value output, ClassScores scores)
    {
        graph.RemoveUnused();
        if (output.DeclaredShape is { } shape)
            graph.DeclareOutput(output, [.. shape.Select((axis, i) => i == scores.Axis ? new Axis(scores.Classes.Count, null) : axis)]);
    }
}
