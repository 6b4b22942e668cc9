using PruneTasks.Generator.Reporting;

namespace PruneTasks.Generator.Describing;

/// <summary>A manifest after reading: a model that code can be generated for, or the reasons why not; warnings in either case.</summary>
internal sealed record Described(string Path, ModelDescription? Model, EquatableArray<DiagnosticInfo> Diagnostics);
