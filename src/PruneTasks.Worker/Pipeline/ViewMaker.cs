using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Whether a mirror image is a natural view, and what says so.</summary>
/// <param name="Used">Views are mirrored.</param>
/// <param name="Mirrored">Mean distance of the dense model's answers to an image and to its mirror image; null where the spec decides.</param>
/// <param name="Moved">The same for an image moved by up to a tenth of its size.</param>
internal sealed record FlipReport(bool Used, double? Mirrored, double? Moved);

/// <summary>Views that steady the repair.</summary>
/// <param name="Kind"><c>image</c>, <c>window</c> (of tokens), <c>signal</c>, or null where the input has no form that is known to have views.</param>
/// <param name="Count">How many, beside the samples.</param>
/// <param name="Flip">Of images.</param>
internal sealed record ViewReport(string? Kind, int Count, FlipReport? Flip);

/// <summary>Adds views to the calibration samples, by the form of the input.</summary>
internal static class ViewMaker
{
    /// <summary>Multiply-accumulates that one pass over samples and views may take; larger models get fewer views, never fewer samples.</summary>
    private const long WorkPerPass = 400_000_000_000;

    /// <summary>Samples and views where only channels are cut: a map has many windows, of which a part is used anyway (docs/decisions/0020).</summary>
    private const int ChannelViews = 256;

    /// <summary>Images on which the dense model is asked whether a mirror image is the same to it.</summary>
    private const int FlipSamples = 64;

    /// <summary>A mirror image may change the answers so many times as much as a small move does. Measured: 0.2 for photographs, 6.5 for digits (docs/decisions/0010).</summary>
    private const double FlipLimit = 1;

    /// <summary>The samples, then views of the app's own.</summary>
    public static (CalibrationSet Set, ViewReport Report) Expand(PruneJob job, PreparedModel model, LoweredGraph graph)
    {
        CalibrationSet set = job.Calibration;
        PruneSettings settings = job.Spec.Prune;
        long room = Math.Min(WorkPerPass / Math.Max(1, CostModel.Of(model.Model, model.OneSample).Total.Macs), CalibrationMemory.Room(model.Memory));
        int target = (int)Math.Min(settings.Views, room);
        if (model.Inventory.Sites.All(s => s is ChannelSite)) target = Math.Min(target, ChannelViews);
        if (job.Spec.Image is { } image && set.Inputs.Count == 1 && set.Samples[0].Inputs[0].Shape.Count == 4)
        {
            bool channelsFirst = image.Layout == "nchw";
            FlipReport flip = target <= set.Count ? new FlipReport(false, null, null) : Flip(job, model, graph, channelsFirst);
            if (flip is { Mirrored: { } mirrored, Moved: { } moved })
                job.Log(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"mirror images change answers by {mirrored:g3}, small moves by {moved:g3}: {(flip.Used ? "used" : "not used")}"));
            return Report("image", ImageViews.Expand(set, job.PersonalSamples, channelsFirst, target, settings.Seed, flip.Used), flip);
        }
        if (TokenWindows.Fits(set)) return Report("window", TokenWindows.Expand(set, job.PersonalSamples, target, settings.Seed), null);
        return SignalViews.Fits(set) ? Report("signal", SignalViews.Expand(set, job.PersonalSamples, target, settings.Seed), null) : (set, new ViewReport(null, 0, null));

        (CalibrationSet, ViewReport) Report(string kind, CalibrationSet expanded, FlipReport? flip) => (expanded, new ViewReport(kind, expanded.Count - set.Count, flip));
    }

    private static FlipReport Flip(PruneJob job, PreparedModel model, LoweredGraph graph, bool channelsFirst)
    {
        if (job.Spec.Prune.Flip != "auto") return new FlipReport(job.Spec.Prune.Flip == "always", null, null);
        Sample[] samples = [.. job.Calibration.Samples.Take(Math.Min(FlipSamples, job.PersonalSamples))];
        Random random = new(job.Spec.Prune.Seed);
        using CalibrationBatches plain = Batches(image => image), mirrored = Batches(image => ImageViews.Mirror(image, channelsFirst));
        using CalibrationBatches moved = Batches(image => ImageViews.Move(image, channelsFirst, random));
        double flip = Distance(mirrored), move = Distance(moved);
        return new FlipReport(flip <= FlipLimit * move, flip, move);

        CalibrationBatches Batches(Func<TensorData, TensorData> view) => CalibrationBatches.Create(
            model.Model.Graph, new CalibrationSet(job.Calibration.Inputs, [.. samples.Select(s => s with { Inputs = [view(s.Inputs[0])] })]).WeightedBatches(CalibrationMemory.BatchSize(model.Memory)));
        double Distance(CalibrationBatches views) => AnswerDistance.Between(graph, model.Model.Graph.Outputs[job.Classes?.Output ?? 0], SitePricing.Answers(job.Spec.Task), plain, views);
    }
}
