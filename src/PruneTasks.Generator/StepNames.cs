namespace PruneTasks.Generator;

/// <summary>Names of the generator's steps, as the compiler tracks them.</summary>
internal static class StepNames
{
    /// <summary>Path and text of each manifest.</summary>
    public const string Manifests = "PruneTasks.Manifests";

    /// <summary>The project's default namespace.</summary>
    public const string RootNamespace = "PruneTasks.RootNamespace";

    /// <summary>Each model, described, with its diagnostics.</summary>
    public const string Models = "PruneTasks.Models";

    /// <summary>Type names that more than one model wants.</summary>
    public const string Collisions = "PruneTasks.Collisions";

    /// <summary>The text of each file.</summary>
    public const string Sources = "PruneTasks.Sources";
}
