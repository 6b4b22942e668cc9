using System.Globalization;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Contracts;

/// <summary>The classes that <c>prune.classes</c> keeps.</summary>
/// <param name="Output">Index of the output with the scores.</param>
/// <param name="Of">Number of classes of the dense model.</param>
/// <param name="Classes">The dense model's number of each class that is kept, in the order of the spec: that is the new order.</param>
public sealed record ClassSelection(int Output, int Of, IReadOnlyList<int> Classes)
{
    private const string Key = "prune.classes";

    /// <summary>The new number of a class of the dense model; null if it is not kept.</summary>
    public int? NewNumber(int dense)
    {
        for (int i = 0; i < Classes.Count; i++)
        {
            if (Classes[i] == dense)
                return i;
        }

        return null;
    }

    /// <summary>The labels that are kept, in the new order.</summary>
    public IReadOnlyList<string>? Keep(IReadOnlyList<string>? labels) => labels is null ? null : [.. Classes.Select(c => labels[c])];

    /// <summary>An output as it is afterwards.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="output">As in the dense model.</param>
    public TensorSignature Keep(int index, TensorSignature output) =>
        index != Output || output.Axes is not { } axes || ClassAxisOf(axes, Of) is not { } at
            ? output
            : output with { Axes = [.. axes.Select((axis, i) => i == at ? new AxisSignature(Classes.Count, null) : axis)] };

    /// <summary>The axis that counts the classes: the last axis of that length, not the batch; the last axis where its length is open. Null if there is none.</summary>
    public static int? ClassAxisOf(IReadOnlyList<AxisSignature> axes, int classes)
    {
        for (int i = axes.Count - 1; i >= (axes.Count > 1 ? 1 : 0); i--)
        {
            if (axes[i].Length == classes)
                return i;
        }

        return axes.Count > 0 && axes[axes.Count - 1].Length is null ? axes.Count - 1 : null;
    }

    /// <summary>
    /// Reads <c>prune.classes</c>; null if the spec has none, or with errors: PRUNE0003 for a class that the model does not have or that is named
    /// twice, at its line; PRUNE0009 for a task without classes.
    /// </summary>
    internal static ClassSelection? Read(PruneSpec spec, ModelSignature signature, IReadOnlyList<string>? labels, ICollection<PruneDiagnostic> diagnostics)
    {
        if (spec.Prune.Classes is not { } written)
            return null;
        if (spec.Task is ModelTask.CausalLanguageModel or ModelTask.TextEmbedding)
        {
            diagnostics.Add(PruneDiagnostics.Conflict.At(spec.File, spec.PlaceOf(Key), Key, "task", $"'{spec.Task.ToWord()}' has no classes"));
            return null;
        }

        if (Scores(signature, labels?.Count) is not var (output, count))
        {
            Report(spec.PlaceOf(Key), "classes of a model whose number of classes is known from 'labels' or from its output", "none such");
            return null;
        }

        var classes = new List<int>();
        string[] names = [.. labels ?? []];
        string known = labels is null ? $"a number from 0 to {Number(count - 1)}" : $"a label, or a number from 0 to {Number(count - 1)}";
        for (int i = 0; i < written.Count; i++)
        {
            SourceSpan place = spec.PlaceOf($"{Key}[{Number(i)}]");
            int found = Find(written[i], names, count);
            if (found < 0)
                Report(place, known, $"'{written[i]}'{(Suggestion.For(written[i], names) is { } name ? $"; did you mean '{name}'?" : "")}");
            else if (classes.Contains(found))
                Report(place, "classes that differ", $"'{written[i]}' a second time");
            else
                classes.Add(found);
        }

        if (classes.Count < written.Count)
            return null;
        if (classes.Count < 2)
        {
            Report(spec.PlaceOf(Key), "at least two classes", Number(classes.Count));
            return null;
        }

        return new ClassSelection(output, count, classes);

        void Report(SourceSpan place, string expected, string found) => diagnostics.Add(PruneDiagnostics.BadValue.At(spec.File, place, Key, expected, found));
    }

    // A label first: digits are good labels. Case counts only where two labels differ by nothing else.
    private static int Find(string text, string[] labels, int count)
    {
        int exact = Array.IndexOf(labels, text);
        if (exact >= 0)
            return exact;
        int[] alike = [.. Enumerable.Range(0, labels.Length).Where(i => string.Equals(labels[i], text, StringComparison.OrdinalIgnoreCase))];
        if (alike.Length == 1)
            return alike[0];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < count ? number : -1;
    }

    /// <summary>The first output with a score for each label; without labels the first with a known number of scores.</summary>
    private static (int Output, int Count)? Scores(ModelSignature signature, int? labels)
    {
        for (int i = 0; i < signature.Outputs.Count; i++)
        {
            TensorSignature output = signature.Outputs[i];
            long? count = ClassAxis.Count(output);
            if (labels is null ? count is > 1 : ClassAxis.HoldsScores(output) && (count ?? labels) == labels)
            {
                int classes = labels ?? (int)count!.Value;
                if (output.Axes is null || ClassAxisOf(output.Axes, classes) is not null)
                    return (i, classes);
            }
        }

        return null;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
