using System.Runtime.CompilerServices;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Describing;
using PruneTasks.Tasks.Embedding;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks;

/// <summary>
/// Runs in every build, also in design-time builds: writes each model's manifest for the generator, and finds out by sizes and times whether
/// its pruned model is current and prepared for the assembly. Where nothing changed it neither parses YAML nor opens a model.
/// </summary>
public sealed class DescribeModels : Microsoft.Build.Utilities.Task
{
    /// <summary>The project's <c>PruneModel</c> items.</summary>
    [Required]
    public ITaskItem[] Models { get; set; } = [];

    /// <summary>Relative paths of the items start here.</summary>
    [Required]
    public string ProjectDirectory { get; set; } = "";

    /// <summary>Gets one folder for each model: <c>obj/prunetasks</c>.</summary>
    [Required]
    public string OutputDirectory { get; set; } = "";

    /// <summary>The worker's assembly: with it the pruned models change.</summary>
    [Required]
    public string ToolAssembly { get; set; } = "";

    /// <summary>Versions or places of the native libraries: with them the pruned models change.</summary>
    [Required]
    public string NativeVersions { get; set; } = "";

    /// <summary>The JSON schema of specs, which is put beside the models for editors; empty for none.</summary>
    public string? Schema { get; set; }

    /// <summary>
    /// The build only serves an editor: errors become warnings, because an editor that gets an error loses all of the project, and nothing asks
    /// whether a pruned model is current.
    /// </summary>
    public bool DesignTime { get; set; }

    /// <summary>Take no pruned model for current.</summary>
    public bool Force { get; set; }

    /// <summary>Whether the pruned models get into the app, not the dense ones.</summary>
    public bool Pruned { get; set; }

    /// <summary>Largest model that is embedded without being asked for, as the project writes it.</summary>
    public string? EmbedLimit { get; set; }

    /// <summary>
    /// One item per model: its manifest, with metadata Name, Spec, Model, Pruned (path of the pruned model), Resource, Record, Stamp, Tokenizer and
    /// TokenizerData (files to embed, or empty), and Current (whether Pruned is the result of the present inputs).
    /// </summary>
    [Output]
    public ITaskItem[] Described { get; set; } = [];

    /// <summary>
    /// Whether <see cref="Resources"/> and <see cref="Beside"/> are what <see cref="EmbedModels"/> would give: every model is as an earlier build left it,
    /// and there is nothing to tell. Of all models or of none, so that the order of resources is always the project's.
    /// </summary>
    [Output]
    public bool Planned { get; set; }

    /// <summary>Files to embed, if <see cref="Planned"/>, with the metadata Resource.</summary>
    [Output]
    public ITaskItem[] Resources { get; set; } = [];

    /// <summary>Files to copy beside the app, if <see cref="Planned"/>, with the metadata TargetPath.</summary>
    [Output]
    public ITaskItem[] Beside { get; set; } = [];

    /// <summary>In a design-time build: the files that were read to describe the models.</summary>
    [Output]
    public ITaskItem[] DescribedFiles { get; set; } = [];

    /// <summary>In a design-time build: the files from which models are pruned; of a folder with very many samples none.</summary>
    [Output]
    public ITaskItem[] PrunedFiles { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        (IReadOnlyList<ModelItem> models, IReadOnlyList<PruneDiagnostic> diagnostics) = ModelItems.Resolve(Models, ProjectDirectory);
        if (diagnostics.Count > 0)
            Report(diagnostics);
        var described = new List<ITaskItem>();
        var records = new List<ModelRecord>();
        foreach (ModelItem model in Log.HasLoggedErrors ? [] : models)
        {
            var folder = new ModelFolder(Path.Combine(OutputDirectory, model.Name));
            if ((Remembered(model, folder) ?? Describe(model, folder)) is not { } record)
                continue;
            described.Add(ToItem(folder, record));
            records.Add(record);
        }

        Described = [.. described];
        if (DesignTime)
            TellEditor(records);
        else if (!Log.HasLoggedErrors)
            Plan(described, records);
        return !Log.HasLoggedErrors;
    }

    private void TellEditor(List<ModelRecord> records)
    {
        DescribedFiles = Items(records.SelectMany(record => record.DescribedFiles));
        PrunedFiles = Items(records.SelectMany(InputFiles.Of));
    }

    // What an earlier build prepared for the assembly, if all of it still holds: the task that prepares it is then not even loaded.
    private void Plan(List<ITaskItem> described, List<ModelRecord> records)
    {
        var resources = new List<ITaskItem>();
        var beside = new List<ITaskItem>();
        for (int i = 0; i < records.Count; i++)
        {
            ModelRecord record = records[i];
            var folder = new ModelFolder(Path.Combine(OutputDirectory, record.Name));
            // Of a model that will be pruned nothing is known yet; a note is EmbedModels' to give.
            if ((Pruned && described[i].GetMetadata("Current") != "true")
                || EmbedPlan.Read(folder, EmbedPlan.StateOf(folder, record, Pruned, EmbedLimit ?? "")) is not { Note: null } plan)
            {
                return;
            }

            plan.AddTo(resources, beside, record.Resource);
        }

        Resources = [.. resources];
        Beside = [.. beside];
        Planned = true;
    }

    // The record of an earlier build, if it still holds.
    private ModelRecord? Remembered(ModelItem model, ModelFolder folder)
    {
        if (ModelRecord.Read(folder.Record) is not { } record || !File.Exists(folder.Manifest))
            return null;
        bool same = record.Spec == model.Spec && record.ModelOverride == model.Model && record.Class == model.Class
            && record.Namespace == model.Namespace && record.Tool == ToolAssembly && record.Natives == NativeVersions
            && record.DescribedState == FileState.Of(record.DescribedFiles);
        return same ? record : null;
    }

    // Apart, so that a build with nothing to do loads neither YamlDotNet nor the spec's code.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ModelRecord? Describe(ModelItem model, ModelFolder folder)
    {
        try
        {
            Description description = ModelDescriber.Describe(model, ToolAssembly, NativeVersions);
            Report(description.Diagnostics);
            if (description.Manifest is null || description.Record is null)
                return null;
            AtomicFile.RemoveLeftOvers(folder.Directory);
            AtomicFile.WriteIfDifferent(folder.Manifest, description.Manifest);
            if (!string.IsNullOrEmpty(Schema) && File.Exists(Schema))
                AtomicFile.WriteIfDifferent(Path.Combine(OutputDirectory, Path.GetFileName(Schema)), File.ReadAllText(Schema));
            WriteTokenizer(folder, description.Tokenizer);
            description.Record.Write(folder.Record);
            return description.Record;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report([PruneDiagnostics.NotWritten(model.Spec, folder.Directory, e)]);
            return null;
        }
    }

    private static ITaskItem[] Items(IEnumerable<string> files) => [.. files.Distinct(StringComparer.Ordinal).Select(file => new TaskItem(MSBuildText.Escape(file)))];

    private static void WriteTokenizer(ModelFolder folder, TokenizerFile? tokenizer)
    {
        if (tokenizer is null)
            File.Delete(folder.Tokenizer);
        else
            AtomicFile.WriteIfDifferent(folder.Tokenizer, tokenizer.Definition);
        if (tokenizer?.DataFile is not { } data)
            File.Delete(folder.TokenizerData);
        else
            AtomicFile.CopyIfDifferent(folder.TokenizerData, data);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Report(IReadOnlyList<PruneDiagnostic> diagnostics)
    {
        foreach (PruneDiagnostic diagnostic in diagnostics)
            Log.Report(diagnostic, errorsAsWarnings: DesignTime);
    }

    private TaskItem ToItem(ModelFolder folder, ModelRecord record)
    {
        // With a staging folder: a build was killed after its stamp, and somebody must clean up.
        bool current = DesignTime || (!Force && PruneCheck.IsCurrentByState(folder, record) && !Directory.Exists(folder.Staging));
        var item = new TaskItem(MSBuildText.Escape(folder.Manifest));
        item.SetMetadata("Name", MSBuildText.Escape(record.Name));
        item.SetMetadata("Spec", MSBuildText.Escape(record.Spec));
        item.SetMetadata("Model", MSBuildText.Escape(record.Model));
        item.SetMetadata("Pruned", MSBuildText.Escape(folder.Pruned));
        item.SetMetadata("Resource", MSBuildText.Escape(record.Resource));
        item.SetMetadata("Record", MSBuildText.Escape(folder.Record));
        item.SetMetadata("Stamp", MSBuildText.Escape(folder.Stamp));
        item.SetMetadata("Tokenizer", File.Exists(folder.Tokenizer) ? MSBuildText.Escape(folder.Tokenizer) : "");
        item.SetMetadata("TokenizerData", File.Exists(folder.TokenizerData) ? MSBuildText.Escape(folder.TokenizerData) : "");
        item.SetMetadata("Current", current ? "true" : "false");
        return item;
    }
}
