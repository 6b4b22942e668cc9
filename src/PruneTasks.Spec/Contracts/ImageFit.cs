using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Contracts;

/// <summary>Holds the image section against the model's image input, and takes from it the size that the section leaves open.</summary>
internal static class ImageFit
{
    /// <summary>The image section with width and height, or null after PRUNE0108. Axes that are not fixed fit any length.</summary>
    public static ImageSpec? Resolve(PruneSpec spec, ImageSpec image, ModelSignature signature, List<PruneDiagnostic> diagnostics)
    {
        int before = diagnostics.Count;
        TensorSignature? input = signature.Inputs.FirstOrDefault(input => input.Axes?.Count == 4);
        if (input is null && signature.Inputs.FirstOrDefault(input => input.Axes is null && input.ElementType < ElementType.Unknown) is null)
        {
            string inputs = string.Join(", ", signature.Inputs.Select(Shape));
            Report("image", signature.Inputs.Count == 0 ? "the model has no input" : $"no input has four axes; there is {inputs}");
            return null;
        }

        // Without axes nothing contradicts the section.
        IReadOnlyList<AxisSignature> axes = input?.Axes ?? [default, default, default, default];
        bool channelsFirst = image.Layout == "nchw";
        AxisSignature channels = axes[channelsFirst ? 1 : 3];
        AxisSignature height = axes[channelsFirst ? 2 : 1];
        AxisSignature width = axes[channelsFirst ? 3 : 2];
        if (channels.Length is { } count && count != image.Channels)
            Report(ChannelsKey(), $"{image.Color} has {Plural(image.Channels)}, but input {Shape(input!)} has {Plural(count)} in layout {image.Layout}{Advice()}");
        else
            Sides();
        return diagnostics.Count == before
            ? image with { Width = image.Width ?? (int)width.Length!.Value, Height = image.Height ?? (int)height.Length!.Value }
            : null;

        void Sides()
        {
            if (image.Height is { } h && image.Width is { } w)
            {
                if ((height.Length ?? h) != h || (width.Length ?? w) != w)
                    Report("image.size", $"the size is [{h}, {w}] (height, width), but input {Shape(input!)} wants [{height}, {width}]");
            }
            else if (height.Length is not (> 0 and <= int.MaxValue) || width.Length is not (> 0 and <= int.MaxValue))
            {
                string where = input is null ? "the model" : $"input {Shape(input)}";
                Report("image.size", $"{where} does not fix height and width; set 'image.size'");
            }
        }

        string ChannelsKey() => spec.PlaceOf("image.layout") != spec.PlaceOf("image") && OtherLayoutFits() ? "image.layout" : "image.color";

        bool OtherLayoutFits() => axes[channelsFirst ? 3 : 1].Length == image.Channels;

        string Advice()
        {
            if (OtherLayoutFits())
                return $"; set 'layout: {(channelsFirst ? "nhwc" : "nchw")}'";
            return channels.Length switch
            {
                1 => "; set 'color: gray'",
                3 => "; set 'color: rgb'",
                _ => "",
            };
        }

        void Report(string key, string problem)
        {
            // Without an image section its defaults come from the task.
            SourceSpan place = spec.PlaceOf(key);
            diagnostics.Add(PruneDiagnostics.ImageDoesNotFit.At(spec.File, place.IsKnown ? place : spec.PlaceOf("task"), problem));
        }
    }

    private static string Shape(TensorSignature tensor) =>
        $"'{tensor.Name}' [{(tensor.Axes is null ? "unknown" : string.Join(", ", tensor.Axes))}]";

    private static string Plural(long channels) => channels == 1 ? "1 channel" : $"{channels} channels";
}
