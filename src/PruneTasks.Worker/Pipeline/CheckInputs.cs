using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Pipeline;

/// <summary>A few inputs on which two models are held against each other: a sample, some together, and a shorter one where the model leaves axes open.</summary>
internal static class CheckInputs
{
    private const int Together = 3;

    /// <summary>The inputs; the first one is as the data has it.</summary>
    public static IEnumerable<IReadOnlyList<TensorData>> Of(CalibrationSet set)
    {
        yield return set.Samples[0].Inputs;
        if (set.Batches(Together).Take(1).FirstOrDefault() is { } joined && joined != set.Samples[0].Inputs && set.Inputs.All(i => i.HasFreeBatch)) yield return joined;
        else if (set.Count > 1) yield return set.Samples[1].Inputs;
        if (Shorter(set) is { } shorter) yield return shorter;
    }

    /// <summary>The first sample with every open axis but the first one of each input cut to about two thirds; null where there is none.</summary>
    private static IReadOnlyList<TensorData>? Shorter(CalibrationSet set)
    {
        IReadOnlyList<TensorData> sample = set.Samples[0].Inputs;
        string? batch = set.Inputs.Select(i => i.HasFreeBatch ? i.Shape![0].Symbol : null).FirstOrDefault(s => s is not null);
        bool cut = false;
        TensorData[] inputs = [.. sample.Select((tensor, k) =>
        {
            if (set.Inputs[k].Shape is not { } shape) return tensor;
            for (int axis = 1; axis < shape.Count; axis++)
            {
                if (shape[axis].Size is not null || tensor.Shape[axis] < 3 || (batch is not null && shape[axis].Symbol == batch)) continue;
                tensor = tensor.Slice(axis, 0, (int)(tensor.Shape[axis] * 2 / 3));
                cut = true;
            }
            return tensor;
        })];
        return cut ? inputs : null;
    }
}
