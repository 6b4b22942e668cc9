using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Emitting;
using PruneTasks.Generator.Reporting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator;

/// <summary>What one manifest adds to the compilation: a file, diagnostics, or both.</summary>
internal sealed record ModelFile(string HintName, string? Text, EquatableArray<DiagnosticInfo> Diagnostics)
{
    /// <summary>The file of a model; none where another model has one of its type names before it.</summary>
    public static ModelFile Of(Described described, EquatableArray<TypeCollision> collisions)
    {
        if (described.Model is not { } model)
            return new ModelFile("", null, described.Diagnostics);
        TypeCollision[] own = [.. collisions.Where(collision => collision.Path == described.Path)];
        return new ModelFile(
            model.FullName(model.ClassName).Replace("@", "") + ".g.cs",
            own.Length == 0 ? ModelEmitter.Emit(model) : null,
            new EquatableArray<DiagnosticInfo>(described.Diagnostics.Concat(own.Select(collision => DiagnosticInfo.Of(
                PruneDiagnostics.TypeNameCollision, described.Path, collision.First, model.Name, collision.Type)))));
    }
}
