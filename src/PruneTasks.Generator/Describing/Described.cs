using PruneTasks.Generator.Reporting;

namespace PruneTasks.Generator.Describing;

/// <summary>A manifest as the compiler gives it.</summary>
internal sealed record GivenManifest(string Path, string Text);

/// <summary>A manifest after reading: a model that code can be generated for, or the reasons why not; warnings in either case.</summary>
/// <param name="Path">The manifest.</param>
/// <param name="Name">The model's name; empty where the manifest cannot be read.</param>
/// <param name="Model">The model, or null.</param>
/// <param name="Diagnostics">What to report.</param>
internal sealed record Described(string Path, string Name, ModelDescription? Model, EquatableArray<DiagnosticInfo> Diagnostics);

/// <summary>What the app says beside manifests: values only.</summary>
/// <param name="RootNamespace">The project's default namespace.</param>
/// <param name="Declarations">Its classes with <c>[PrunedModel]</c>.</param>
/// <param name="References">The libraries that it references.</param>
internal sealed record AppFacts(string RootNamespace, EquatableArray<Declaration> Declarations, AppReferences References);
