namespace PruneTasks.Generator;

/// <summary>Names of the generator's steps, as the compiler tracks them.</summary>
internal static class StepNames
{
    /// <summary>Path and text of each manifest.</summary>
    public const string Manifests = "PruneTasks.Manifests";

    /// <summary>The project's default namespace.</summary>
    public const string RootNamespace = "PruneTasks.RootNamespace";

    /// <summary>The app's classes with <c>[PrunedModel]</c>.</summary>
    public const string Declarations = "PruneTasks.Declarations";

    /// <summary>The libraries that the app references.</summary>
    public const string References = "PruneTasks.References";

    /// <summary>Each model, described, with its diagnostics.</summary>
    public const string Models = "PruneTasks.Models";

    /// <summary>Type names that more than one model wants.</summary>
    public const string Collisions = "PruneTasks.Collisions";

    /// <summary>The text of each file.</summary>
    public const string Sources = "PruneTasks.Sources";
}
