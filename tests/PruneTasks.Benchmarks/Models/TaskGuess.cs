using System.Globalization;
using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Benchmarks.Models;

/// <summary>Tells from inputs and outputs what a model is for, where that is plain; otherwise tensors in, tensors out.</summary>
internal static class TaskGuess
{
    private static readonly string[] s_shaping = ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast", "Add", "Sub", "Dropout", "Transpose"];

    /// <summary>Lines of a spec.</summary>
    public static string Lines(OnnxModel model, IReadOnlyList<InputGuess> guesses, Sample sample)
    {
        if (model.Graph.Outputs is not [var output, ..] || Classes(output) is not { } classes || !EndsInScores(output)) return "task: generic";
        bool perSample = Axes(output) <= 2;
        if (guesses is [{ Role: InputRole.Image }] && perSample && sample.Inputs[0].Shape is [1, _, _, _] shape && Image(shape) is { } image) return $"task: image-classification\n{image}";
        InputGuess? tokens = guesses.FirstOrDefault(g => g.Role == InputRole.Tokens);
        if (tokens is null) return "task: generic";
        if (perSample) return "task: text-classification";
        // With caches there are masks and places beside the tokens.
        bool decoder = guesses.Count == 1 || (guesses.Any(g => g.Role == InputRole.State) && guesses.All(g => g.Role is InputRole.Tokens or InputRole.Places or InputRole.Mask or InputRole.State));
        return decoder && guesses.Any(g => g.Role == InputRole.Tokens && g.Below == classes) ? "task: causal-lm" : "task: generic";
    }

    /// <summary>The last axis that is not one, of at least two axes.</summary>
    private static long? Classes(Value output)
    {
        if (output.DeclaredShape is not { Count: >= 2 } shape) return null;
        int axis = Axes(output) - 1;
        return shape[axis].Size is >= 2 and { } size ? size : null;
    }

    private static int Axes(Value output)
    {
        int axes = output.DeclaredShape!.Count;
        while (axes > 2 && output.DeclaredShape[axes - 1].Size == 1) axes--;
        return axes;
    }

    private static bool EndsInScores(Value output)
    {
        Node? node = output.Producer;
        while (node is not null && s_shaping.Contains(node.OpType)) node = node.Inputs.FirstOrDefault(i => i is { Constant: null })?.Producer;
        return node?.OpType is "Softmax" or "LogSoftmax" or "Gemm" or "MatMul" or "FusedMatMul" or "GlobalAveragePool" or "ReduceMean";
    }

    private static string? Image(IReadOnlyList<long> shape)
    {
        bool last = shape[3] is 1 or 3 && shape[1] is not (1 or 3);
        long channels = last ? shape[3] : shape[1];
        if (channels is not (1 or 3)) return null;
        (long height, long width) = last ? (shape[1], shape[2]) : (shape[2], shape[3]);
        return string.Create(CultureInfo.InvariantCulture, $"image: {{ size: [{height}, {width}], color: {(channels == 1 ? "gray" : "rgb")}, layout: {(last ? "nhwc" : "nchw")} }}");
    }
}
