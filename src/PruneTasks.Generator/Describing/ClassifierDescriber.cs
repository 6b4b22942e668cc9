using System.Globalization;
using PruneTasks.Generator.Manifest;
using PruneTasks.Generator.Reporting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Describing;

/// <summary>Decides whether a model can have Classify: one image input that the image section fits, one output with scores.</summary>
internal static class ClassifierDescriber
{
    public static ClassifierDescription? Describe(ModelManifest manifest, string path, List<DiagnosticInfo> problems)
    {
        if (manifest.Task != "image-classification" || manifest.Image is not { } image)
            return null;
        string? refusal = Refusal(manifest, image, out EquatableArray<int> axes);
        int output = -1;
        if (refusal is null)
        {
            output = ScoreOutput(manifest, path, problems);
            if (output < 0)
                refusal = "no output has floating-point scores";
        }
        if (refusal is null)
            return new ClassifierDescription(image, axes, output);
        problems.Add(DiagnosticInfo.Of(PruneDiagnostics.TaskCallLeftOut, path, "Classify", manifest.Name, refusal));
        return null;
    }

    /// <summary>The documentation of image and scores says what their values are.</summary>
    public static TensorNames Explain(TensorNames names, ClassifierDescription classifier) => names with
    {
        Inputs = new EquatableArray<InputDescription>(names.Inputs.Select(input => input with { ShapeText = input.ShapeText + Range(classifier.Image) })),
        Outputs = new EquatableArray<OutputDescription>(names.Outputs.Select((output, i) =>
            i == classifier.Output ? output with { ShapeText = output.ShapeText + ", a score per class; Classify makes probabilities of them" } : output)),
    };

    /// <summary>The range that pixels of 0 to 255 become.</summary>
    private static string Range(ImageFacts image)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int channel = 0; channel < image.Channels; channel++)
        {
            double mean = Of(image.Mean, channel, 0), std = Of(image.Std, channel, 1);
            double black = (0 - mean) / std, white = ((255 * image.Scale) - mean) / std;
            low = Math.Min(low, Math.Min(black, white));
            high = Math.Max(high, Math.Max(black, white));
        }
        return string.Format(CultureInfo.InvariantCulture, ", {0:0.###} to {1:0.###} (pixels after scale, mean and std)", low, high);

        static double Of(EquatableArray<double> values, int channel, double otherwise) =>
            values.Count == 0 ? otherwise : values[values.Count == 1 ? 0 : channel];
    }

    private static string? Refusal(ModelManifest manifest, ImageFacts image, out EquatableArray<int> sizes)
    {
        sizes = EquatableArray<int>.Empty;
        if (manifest.Inputs.Count != 1)
            return $"it has {manifest.Inputs.Count} inputs, not only the image";
        TensorFacts input = manifest.Inputs[0];
        if (!ElementType.IsNumber(input.Type))
            return $"input '{input.Name}' has no numbers";
        if (input.Shape is not { Count: 3 or 4 } axes)
            return $"input '{input.Name}' is not one image or a batch of images";
        int[] one = image.Layout == "nhwc" ? [image.Height, image.Width, image.Channels] : [image.Channels, image.Height, image.Width];
        int[] wanted = axes.Count == 4 ? [1, .. one] : one;
        for (int i = 0; i < wanted.Length; i++)
        {
            if (axes[i].Size is { } size && size != wanted[i])
                return $"input '{input.Name}' is {InputDescriber.Text(input)}, but the image section gives [{string.Join(", ", wanted)}]";
        }
        Dictionary<string, int> open = new(StringComparer.Ordinal);
        for (int i = 0; i < wanted.Length; i++)
        {
            if (axes[i].Size is not null)
                continue;
            string key = AxisPlanner.Key(input, i);
            if (open.TryGetValue(key, out int other) && other != wanted[i])
                return $"input '{input.Name}' is {InputDescriber.Text(input)}, but the image section gives [{string.Join(", ", wanted)}]";
            open[key] = wanted[i];
        }
        sizes = new EquatableArray<int>(AxisPlanner.Keys(manifest.Inputs).Select(key => open[key]));
        return null;
    }

    /// <summary>The first output with as many scores per image as there are labels; else the first whose number is open.</summary>
    private static int ScoreOutput(ModelManifest manifest, string path, List<DiagnosticInfo> problems)
    {
        int first = -1, open = -1;
        for (int i = 0; i < manifest.Outputs.Count; i++)
        {
            if (!ElementType.IsScore(manifest.Outputs[i].Type))
                continue;
            first = first < 0 ? i : first;
            if (manifest.Labels is null)
                return first;
            long scores = Scores(manifest, i);
            if (scores == manifest.Labels.Count)
                return i;
            open = open < 0 && scores < 0 ? i : open;
        }
        if (open >= 0 || first < 0)
            return open;
        problems.Add(DiagnosticInfo.Of(
            PruneDiagnostics.LabelCount, path, manifest.Labels!.Count.ToString(CultureInfo.InvariantCulture), manifest.Outputs[first].Name,
            Scores(manifest, first).ToString(CultureInfo.InvariantCulture)));
        return first;
    }

    /// <summary>Values per image: the product of the axes, without the batch axis where the input has one; -1 when one is open.</summary>
    private static long Scores(ModelManifest manifest, int output)
    {
        if (manifest.Outputs[output].Shape is not { } shape)
            return -1;
        bool batched = manifest.Inputs[0].Shape is { Count: 4 } && shape.Count > 1;
        long scores = 1;
        for (int i = batched ? 1 : 0; i < shape.Count; i++)
        {
            if (shape[i].Size is not { } size)
                return -1;
            scores *= size;
        }
        return scores;
    }
}
