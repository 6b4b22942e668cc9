using PruneTasks.Onnx;
using PruneTasks.Spec;

namespace PruneTasks.Worker.Drafting;

/// <summary>The image input of a model.</summary>
/// <param name="Layout"><c>nchw</c> or <c>nhwc</c>.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">Pixels; null where the model leaves it open.</param>
/// <param name="Width">Pixels; null where the model leaves it open.</param>
/// <param name="Usual">A side that the model takes where it leaves it open.</param>
internal sealed record ImageGuess(string Layout, int Channels, long? Height, long? Width, long Usual);

/// <summary>What a model seems to be for, from the shapes of what goes in and comes out.</summary>
/// <param name="Task">The task of the spec.</param>
/// <param name="Why">Why, in words.</param>
/// <param name="Image">Its image input; null for other tasks.</param>
/// <param name="Classes">Number of scores; null where it is not fixed or there are none.</param>
/// <param name="Tokens">Name of the input with token ids; null for other tasks.</param>
internal sealed record ModelGuess(ModelTask Task, string Why, ImageGuess? Image = null, long? Classes = null, string? Tokens = null)
{
    // Stands in for sides that the model leaves open; common networks halve it five times without rest.
    private const int OpenSide = 224;

    /// <summary>Looks at a model; runs nothing.</summary>
    public static ModelGuess Of(OnnxModel model)
    {
        Graph graph = model.Graph;
        if (graph.Inputs.Count == 0 || graph.Outputs.Count == 0) return new ModelGuess(ModelTask.Generic, "it has no input or no output");
        IReadOnlyList<long?>? output = OutputShape(model);
        string gives = $"'{graph.Outputs[0].Name}' {Words(output)}";
        if (graph.Inputs is [var only] && ImageOf(model, only) is { } image)
        {
            return Scores(output) is { } classes
                ? new ModelGuess(ModelTask.ImageClassification, $"one image {Words(only)} in, {classes} scores out", image, classes)
                : new ModelGuess(ModelTask.Generic, $"one image {Words(only)} in, but {gives} out is no list of scores");
        }
        if (graph.Inputs.Any(IsTokens)) return OfText(graph, output, gives);
        return new ModelGuess(ModelTask.Generic, $"{string.Join(", ", graph.Inputs.Select(i => $"'{i.Name}' {Words(i)}"))} in, {gives} out");
    }

    private static ModelGuess OfText(Graph graph, IReadOnlyList<long?>? output, string gives)
    {
        // The table that ids look up, [words, width of one]: the one with a score for each word, else the longest. The input that looks it up has the ids of tokens; others have marks and places.
        Node? lookup = graph.Nodes.Where(node => node.OpType == "Gather" && node.Inputs[0]?.Constant is { Shape.Count: 2 })
            .MaxBy(node => node.Inputs[0]!.Constant!.Shape[0] is var words && output is [_, _, { } scores] && scores == words ? long.MaxValue : words);
        IReadOnlyList<long>? table = lookup?.Inputs[0]!.Constant!.Shape;
        Value tokens = Origin(lookup?.Inputs[1]) is { } origin && graph.Inputs.Contains(origin) && IsTokens(origin) ? origin : graph.Inputs.First(IsTokens);
        string given = $"token ids '{tokens.Name}' {Words(tokens)} in, {gives} out";
        return output switch
        {
            [_, _, { } last] when last == table?[0] => new ModelGuess(ModelTask.CausalLanguageModel, $"{given}: a score per word of the vocabulary at each place", Tokens: tokens.Name),
            [_, { } last] when last == table?[1] => new ModelGuess(ModelTask.TextEmbedding, $"{given}: a vector as wide as the model", Tokens: tokens.Name),
            [_, _, { } last] when last == table?[1] => new ModelGuess(ModelTask.TextEmbedding, $"{given}: for each token a vector as wide as the model; their mean is that of the text", Tokens: tokens.Name),
            [_, > 1 and { } last] => new ModelGuess(ModelTask.TextClassification, $"{given}: a score per class", null, last, tokens.Name),
            _ => new ModelGuess(ModelTask.Generic, given),
        };
    }

    // Back through what changes the form of ids alone.
    private static Value? Origin(Value? ids)
    {
        while (ids?.Producer is { OpType: "Cast" or "Identity" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" } node) ids = node.Inputs[0];
        return ids;
    }

    private static ImageGuess? ImageOf(OnnxModel model, Value input)
    {
        if (input.Type is not (ElementType.Float32 or ElementType.Float16) || input.DeclaredShape is not { Count: 4 } declared) return null;
        // Exporters that leave all axes open leave that of the colours open too; the first layer says how many it takes.
        ShapeBinding binding = ShapeBinding.Taken(model, 2, OpenSide);
        IReadOnlyList<long> taken = binding.For(model.Graph).ShapeOf(input)!;
        Axis[] shape = [.. declared.Select((axis, i) => axis.Size is null && taken[i] is 1 or 3 ? new Axis(taken[i], null) : axis)];
        if (Channels(shape[1]) is { } first && !(Channels(shape[3]) is not null && Side(shape[2]) == Side(shape[1]))) return new ImageGuess("nchw", first, Side(shape[2]), Side(shape[3]), binding.Other);
        return Channels(shape[3]) is { } last ? new ImageGuess("nhwc", last, Side(shape[1]), Side(shape[2]), binding.Other) : null;

        static int? Channels(Axis axis) => axis.Size is 1 or 3 ? (int)axis.Size : null;
        static long? Side(Axis axis) => axis.Size is > 0 ? axis.Size : null;
    }

    private static bool IsTokens(Value input) => input.Type is ElementType.Int64 or ElementType.Int32 && input.DeclaredShape is null or { Count: 1 or 2 };

    /// <summary>Entries of a list of scores: [batch, n], also with axes of size 1 behind.</summary>
    private static long? Scores(IReadOnlyList<long?>? output)
    {
        if (output is not { Count: >= 2 }) return null;
        return output.Skip(2).All(size => size == 1) && output[1] > 1 ? output[1] : null;
    }

    private static IReadOnlyList<long?>? OutputShape(OnnxModel model)
    {
        Value output = model.Graph.Outputs[0];
        if (output.DeclaredShape is { Count: > 0 } declared && declared.Skip(1).All(axis => axis.Size is not null)) return [.. declared.Select(axis => axis.Size)];
        ShapeBinding binding = ShapeBinding.Taken(model, 2, OpenSide);
        IReadOnlyList<long>? inferred = ShapeInference.Run(model, binding).ShapeOf(output);
        // A size that follows from the stand-in is none of the model's.
        return inferred is null ? output.DeclaredShape?.Select(axis => axis.Size).ToArray() : [.. inferred.Select((size, i) => i == 0 || size == binding.Other ? null : (long?)size)];
    }

    private static string Words(IReadOnlyList<long?>? shape) =>
        shape is null ? "of unknown shape" : $"[{string.Join(", ", shape.Select(size => size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"))}]";

    private static string Words(Value value) => value.DeclaredShape is { } shape ? $"[{string.Join(", ", shape)}]" : "of unknown shape";
}
