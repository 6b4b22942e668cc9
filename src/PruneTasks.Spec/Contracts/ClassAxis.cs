using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Contracts;

/// <summary>Holds the number of labels against the outputs of a classifier.</summary>
internal static class ClassAxis
{
    /// <summary>PRUNE0203 when the number of classes is known for some output and no output has that many; otherwise null.</summary>
    public static PruneDiagnostic? Check(PruneSpec spec, ModelSignature signature, int labels)
    {
        if (spec.Task is not (ModelTask.ImageClassification or ModelTask.TextClassification))
            return null;
        (string Name, long Classes)[] known =
            [.. signature.Outputs.Select(output => (output.Name, Count(output))).Where(o => o.Item2 is not null).Select(o => (o.Name, o.Item2!.Value))];
        if (known.Length == 0 || known.Any(output => output.Classes == labels))
            return null;
        return PruneDiagnostics.LabelCount.At(spec.File, spec.PlaceOf("labels"), labels, known[0].Name, known[0].Classes);
    }

    // All axes after the batch: some networks leave 1x1 images, [1, 1000, 1, 1]. A single axis is the scores themselves.
    internal static long? Count(TensorSignature output)
    {
        if (!HoldsScores(output) || output.Axes is not { Count: > 0 } axes)
            return null;
        long count = 1;
        foreach (AxisSignature axis in axes.Skip(axes.Count > 1 ? 1 : 0))
        {
            if (axis.Length is not { } length || length > int.MaxValue || (count *= length) > int.MaxValue)
                return null;
        }

        return count;
    }

    /// <summary>An integer output is the class itself, not its scores.</summary>
    internal static bool HoldsScores(TensorSignature output) =>
        output.ElementType is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;
}
