using Microsoft.Build.Framework;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks;

/// <summary>Decides by content whether a model must be pruned.</summary>
public sealed class CheckPrune : Microsoft.Build.Utilities.Task
{
    /// <summary>The model's folder under <c>obj/prunetasks</c>.</summary>
    [Required]
    public string ModelDirectory { get; set; } = "";

    /// <summary>Prune in any case.</summary>
    public bool Force { get; set; }

    /// <summary>Whether the worker must run.</summary>
    [Output]
    public bool NeedsPrune { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        var folder = new ModelFolder(ModelDirectory);
        if (ModelRecord.Read(folder.Record) is not { } record)
        {
            Log.Report(PruneDiagnostics.ContractUnreadable.In(null, folder.Record, "describing the model did not write it"));
            return false;
        }

        try
        {
            NeedsPrune = Force || !PruneCheck.IsCurrentByContent(folder, record);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Report(PruneDiagnostics.ModelUnreadable.In(record.Spec, record.Model, e.Message));
            return false;
        }

        Log.LogMessage(MessageImportance.Low, NeedsPrune ? "{0}: to be pruned." : "{0}: nothing changed, nothing to prune.", record.Name);
        return true;
    }
}
