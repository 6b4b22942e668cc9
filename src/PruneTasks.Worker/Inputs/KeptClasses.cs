using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Inputs;

/// <summary>The classes that are kept of a model, and the dense model's answer among them.</summary>
/// <param name="Scores">Where the scores are, and what they are.</param>
/// <param name="Dense">The dense model with all other scores left out: what a pruned model is compared with.</param>
internal sealed record KeptClasses(ClassScores Scores, ModelFile Dense)
{
    /// <summary>Looks at what the dense model gives on samples; null where all classes are kept.</summary>
    /// <exception cref="PruneDiagnosticException">It does not give that many scores.</exception>
    public static KeptClasses? Of(SpecInput input, CalibrationSet samples, int threads)
    {
        if (input.Classes is not { } classes) return null;
        using OrtSession session = input.Model.Open(threads);
        TensorData? output = session.Run(samples.Batches(32).First())[classes.Output];
        int? axis = output is null ? null : ClassSelection.ClassAxisOf([.. output.Shape.Select(size => new Spec.Onnx.AxisSignature(size, null))], classes.Of);
        if (output is null || axis is not { } at)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.BadValue.At(
                input.Spec.File, input.Spec.PlaceOf("prune.classes"), "prune.classes", $"classes of a model that gives {classes.Of} scores",
                output is null ? "no tensor" : $"an output of shape [{string.Join(", ", output.Shape)}]"));
        }
        ClassScores scores = new(classes.Output, at, classes.Of, KindOf(output, at), classes.Classes);
        return new KeptClasses(scores, Restrict(input.Model, scores));
    }

    /// <summary>A model whose other scores are left out.</summary>
    public static ModelFile Restrict(ModelFile model, ClassScores scores)
    {
        OnnxModel restricted = model.Reload();
        ClassRows.Select(restricted, scores);
        return ModelFile.Of(model.Path, ModelImage.Of(restricted));
    }

    private static ScoreKind KindOf(TensorData output, int axis)
    {
        float[] values = output.ToFloats();
        int classes = (int)output.Shape[axis], inner = (int)output.Shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        float[][] rows =
        [
            .. Enumerable.Range(0, values.Length / classes)
                .Select(row => Enumerable.Range(0, classes).Select(c => values[(((row / inner * classes) + c) * inner) + (row % inner)]).ToArray()),
        ];
        if (rows.All(row => Evaluation.Scores.AreProbabilities(row))) return ScoreKind.Probabilities;
        return rows.All(row => row.All(x => x <= 0) && Math.Abs(row.Sum(x => Math.Exp(x)) - 1) <= 1e-3) ? ScoreKind.LogProbabilities : ScoreKind.Logits;
    }
}
