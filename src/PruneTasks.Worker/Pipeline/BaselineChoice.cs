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

    /// <summary>The model without sites that the method has no form for; a warning or a refusal says so.</summary>
    public static PreparedModel OnlyKnown(PruneJob job, PreparedModel model, List<PruneDiagnostic> warnings)
    {
        model = WithoutScoreGroups(job.Spec.Prune, model);
        int channels = model.Inventory.Sites.Count(s => s is ChannelSite);
        if (channels == 0 || BaselineMethod.Find(job.Spec.Prune.Method) is not { TakesChannels: false } method) return model;
        warnings.Add(PruneDiagnostics.ChannelsStay.At(job.Spec.File, job.Spec.PlaceNear("prune.method"), method.Name, channels));
        return model with { Inventory = model.Inventory with { Sites = [.. model.Inventory.Sites.Where(s => s is not ChannelSite)] } };
    }

    // Their units are chosen, not rotated: a step that comes back to them, and the published methods, know only directions in order.
    private static PreparedModel WithoutScoreGroups(PruneSettings settings, PreparedModel model)
    {
        if (settings is { Method: "sequential", Buffer.Steps: 1 }) return model;
        string why = settings.Method == "sequential" ? "queries and keys that are turned by position or shared are not cut by a build in steps" : $"method '{settings.Method}' has no form for queries and keys that are turned by position or shared";
        return model with
        {
            Inventory = new UnitInventory(
                [.. model.Inventory.Sites.Where(s => s is not ScoreGroupSite)],
                [.. model.Inventory.Refusals, .. model.Inventory.Sites.OfType<ScoreGroupSite>().Select(s => new Refusal(s.Kind, s.Name, s.Product.OpType, RefusalReason.PositionDependent, why))]),
        };
    }
}
