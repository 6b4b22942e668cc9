using Microsoft.Build.Framework;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Caching;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Running;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks;

/// <summary>
/// Decides by content whether a model must be pruned, and takes its result out of the cache where another project, framework or build has left it.
/// Also removes what killed builds left in the model's folder.
/// </summary>
public sealed class CheckPrune : Microsoft.Build.Utilities.Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancelled = new();

    /// <summary>The model's folder under <c>obj/prunetasks</c>.</summary>
    [Required]
    public string ModelDirectory { get; set; } = "";

    /// <summary>Prune in any case.</summary>
    public bool Force { get; set; }

    /// <summary>Whether to use the cache.</summary>
    public bool Cache { get; set; }

    /// <summary>Folder of the cache; empty for the user's own.</summary>
    public string? CachePath { get; set; }

    /// <summary>Name of the model if the worker must run, else empty.</summary>
    [Output]
    public string Stale { get; set; } = "";

    /// <summary>The spec, if the result came from the cache.</summary>
    [Output]
    public string Spec { get; set; } = "";

    /// <summary>The report for programs, if the result came from the cache.</summary>
    [Output]
    public string Report { get; set; } = "";

    /// <inheritdoc/>
    public void Cancel() => _cancelled.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _cancelled.Dispose();

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
            using FolderLock held = BuildLocks.Acquire(BuildEngine, folder.Lock, () => Log.SayWaiting(record), _cancelled.Token);
            Check(folder, record);
        }
        catch (OperationCanceledException)
        {
            Log.Report(PruneDiagnostics.Cancelled.In(record.Spec, record.Name));
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PruneDiagnostic written = PruneDiagnostics.NotWritten(record.Spec, folder.Directory, e);
            Log.Report(written.Descriptor == PruneDiagnostics.DiskFull ? written : PruneDiagnostics.ModelUnreadable.In(record.Spec, record.Model, e.Message));
            return false;
        }

        Log.LogMessage(MessageImportance.Low, Stale.Length > 0 ? "{0}: to be pruned." : "{0}: nothing to prune.", record.Name);
        return !Log.HasLoggedErrors;
    }

    private void Check(ModelFolder folder, ModelRecord record)
    {
        ModelFolder.RemoveAll(folder.Staging);
        AtomicFile.RemoveLeftOvers(folder.Directory);
        if (Force)
        {
            Stale = record.Name;
            return;
        }

        InputHashes inputs = PruneCheck.ByContent(folder, record);
        PruneResult? taken = inputs.Current ? null : ModelCache.Open(Cache, CachePath, Log)?.TryTake(folder, record, inputs.Content, inputs.State);
        if (taken is null)
        {
            Stale = inputs.Current ? "" : record.Name;
            return;
        }

        foreach (PruneDiagnostic diagnostic in taken.Diagnostics)
            Log.Report(diagnostic);
        Log.SayTaken(taken, folder);
        Spec = record.Spec;
        Report = folder.Report;
    }
}
