using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Spec.Contracts;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Running;

/// <summary>The lines that people see in every build that does something.</summary>
internal static class PruneMessages
{
    /// <summary>A model was pruned: one line.</summary>
    public static void SayPruned(this TaskLoggingHelper log, PruneResult result, ModelFolder folder) =>
        log.LogMessage(MessageImportance.High, "{0}; report: {1}", result.Summary, folder.Page);

    /// <summary>A pruned model came from the cache: one line.</summary>
    public static void SayTaken(this TaskLoggingHelper log, PruneResult result, ModelFolder folder) =>
        log.LogMessage(MessageImportance.High, "{0} (from the cache); report: {1}", result.Summary, folder.Page);

    /// <summary>Another build holds the lock.</summary>
    public static void SayWaiting(this TaskLoggingHelper log, ModelRecord record) =>
        log.LogMessage(MessageImportance.High, "{0}: waiting for another build that prunes it.", record.Name);
}
