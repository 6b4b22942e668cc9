using PruneTasks.Spec;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What a method to compare with changes beside the build.</summary>
internal static class BaselineChoice
{
    /// <summary>Whether the same share goes everywhere. The published methods know no prices, so for them a spec has to ask for <c>measured</c> in so many words.</summary>
    public static bool IsUniform(PruneSpec spec) =>
        spec.Prune.Allocation == "uniform" || (spec.Prune.Method != "sequential" && spec.PlaceOf("prune.allocation") == spec.PlaceOf("prune"));
}
