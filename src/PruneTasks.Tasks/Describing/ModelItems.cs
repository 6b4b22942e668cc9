using Microsoft.Build.Framework;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Tasks.Describing;

/// <summary>
/// Reads the project's <c>PruneModel</c> items. An item is a spec, or an ONNX file with its spec in the metadata <c>Spec</c> or beside it; both may
/// carry <c>ClassName</c> and <c>Namespace</c>. An item that says more about a spec replaces the one that the default pattern found.
/// </summary>
internal static class ModelItems
{
    /// <summary>The models, in the project's order, and what is wrong with the items.</summary>
    public static (IReadOnlyList<ModelItem> Models, IReadOnlyList<PruneDiagnostic> Diagnostics) Resolve(
        IEnumerable<ITaskItem> items, string projectDirectory)
    {
        var models = new List<ModelItem>();
        var diagnostics = new List<PruneDiagnostic>();
        foreach (ITaskItem item in items)
        {
            if (Read(item, projectDirectory) is not { } model)
            {
                string onnx = Full(item.ItemSpec, projectDirectory);
                diagnostics.Add(PruneDiagnostics.ModelWithoutSpec.In(null, item.ItemSpec, ModelItem.SpecBeside(onnx)));
                continue;
            }

            int same = IndexOf(models, model.Spec);
            if (same < 0)
                models.Add(model);
            else if (models[same].IsBare)
                models[same] = model;
            else if (!model.IsBare && model != models[same])
                diagnostics.Add(Duplicate(models[same], model));
        }

        if (models.Count > 1)
            AddDuplicates(models, diagnostics);
        return (models, diagnostics);
    }

    private static int IndexOf(List<ModelItem> models, string spec)
    {
        for (int i = 0; i < models.Count; i++)
        {
            if (PathEquals(models[i].Spec, spec))
                return i;
        }

        return -1;
    }

    private static void AddDuplicates(List<ModelItem> models, List<PruneDiagnostic> diagnostics)
    {
        foreach (IGrouping<string, ModelItem> group in models.GroupBy(model => model.Name, StringComparer.OrdinalIgnoreCase))
        {
            foreach (ModelItem other in group.Skip(1))
                diagnostics.Add(Duplicate(group.First(), other));
        }
    }

    // Null for a model that has no spec.
    private static ModelItem? Read(ITaskItem item, string projectDirectory)
    {
        string path = Full(item.ItemSpec, projectDirectory);
        string? named = Metadata(item, "Spec");
        string? className = Metadata(item, "ClassName");
        string? space = Metadata(item, "Namespace");
        if (!path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
            return new ModelItem(path, null, className, space);
        if (named is not null)
            return new ModelItem(Full(named, projectDirectory), path, className, space);
        string beside = ModelItem.SpecBeside(path);
        return File.Exists(beside) ? new ModelItem(beside, path, className, space) : null;
    }

    private static PruneDiagnostic Duplicate(ModelItem first, ModelItem second) =>
        PruneDiagnostics.DuplicateName.In(second.Spec, first.Spec, second.Spec, second.Name);

    private static string? Metadata(ITaskItem item, string name) =>
        item.GetMetadata(name) is { Length: > 0 } value ? value : null;

    // Windows separators in a project file are meant as separators everywhere.
    private static string Full(string path, string projectDirectory) =>
        Path.GetFullPath(Path.Combine(projectDirectory, Path.DirectorySeparatorChar == '/' ? path.Replace('\\', '/') : path));

    private static bool PathEquals(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);
}
