using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Baselines;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What a method to compare with changes beside the build.</summary>
internal static class BaselineChoice
{
    /// <summary>Whether the same share goes everywhere. The published methods know no prices, so for them a spec has to ask for <c>measured</c> in so many words.</summary>
    public static bool IsUniform(PruneSpec spec) =>
        spec.Prune.Allocation == "uniform" || (spec.Prune.Method != "sequential" && spec.PlaceOf("prune.allocation") == spec.PlaceOf("prune"));

    /// <summary>The model without its channels where the method has no form for them; a warning says so.</summary>
    public static PreparedModel WithoutChannels(PruneJob job, PreparedModel model, List<PruneDiagnostic> warnings)
    {
        int channels = model.Inventory.Sites.Count(s => s is ChannelSite);
        if (channels == 0 || BaselineMethod.Find(job.Spec.Prune.Method) is not { TakesChannels: false } method) return model;
        warnings.Add(PruneDiagnostics.ChannelsStay.At(job.Spec.File, job.Spec.PlaceNear("prune.method"), method.Name, channels));
        return model with { Inventory = model.Inventory with { Sites = [.. model.Inventory.Sites.Where(s => s is not ChannelSite)] } };
    }
}
