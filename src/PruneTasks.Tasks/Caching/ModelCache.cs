using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Caching;
using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Running;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Caching;

/// <summary>
/// The cache as one build uses it: between a model's folder and the store. A cache that cannot be used costs a message and never a build, since
/// the worker can always run.
/// </summary>
internal sealed class ModelCache
{
    private readonly PruneCache _cache;
    private readonly TaskLoggingHelper _log;

    private ModelCache(PruneCache cache, TaskLoggingHelper log)
    {
        _cache = cache;
        _log = log;
    }

    /// <summary>The cache in a folder, or in the user's own; null if it is switched off or there is no place for it.</summary>
    public static ModelCache? Open(bool enabled, string? path, TaskLoggingHelper log)
    {
        string? root = string.IsNullOrEmpty(path) ? CachePlaces.Default() : path;
        return enabled && root is not null ? new ModelCache(new PruneCache(root), log) : null;
    }

    /// <summary>Takes the result of equal inputs over into the model's folder, whose lock is held. Null if there is none.</summary>
    /// <returns>The result, told of this project.</returns>
    public PruneResult? TryTake(ModelFolder folder, ModelRecord record, string content, string state)
    {
        string staged = folder.StagedOutput(ProcessMark.New());
        try
        {
            Directory.CreateDirectory(staged);
            CacheTake take = _cache.Take(content, staged);
            if (take.Outcome == CacheOutcome.Damaged)
                Say(PruneDiagnostics.CacheEntryDamaged.In(record.Spec, content, _cache.Root, take.Problem!));
            if (take.Outcome != CacheOutcome.Hit)
                return null;
            CacheEntryInfo info = take.Entry!.Info!;
            // The model names the file with its weights, after the project that pruned it.
            bool hasData = take.Entry.Files.Any(file => file.Name == PruneCache.Data);
            if (hasData && info.Name != record.Name)
                return null;
            PruneResult result = Retold(PruneResult.Parse(File.ReadAllText(Path.Combine(staged, PruneCache.Result))), info, record);
            if (hasData)
                result = result with { Files = result.Files! with { Data = PruneCache.Data } };
            string sha = PruneStamp.OutputOf(take.Entry.Files.Single(file => file.Name == PruneCache.Model).Sha256, take.Entry.Files.SingleOrDefault(file => file.Name == PruneCache.Data)?.Sha256);
            WorkerOutput.TakeOver(folder, staged, result, sha, content, state).Write(folder.Stamp);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ContractFormatException)
        {
            Say(PruneDiagnostics.CacheUnusable.In(record.Spec, _cache.Root, e.Message));
            return null;
        }
        finally
        {
            ModelFolder.RemoveAll(folder.Staging);
        }
    }

    /// <summary>Adds what the worker wrote into the staging folder, and lets go of the oldest entries above the limit.</summary>
    public void Store(ModelRecord record, string content, string staged, PruneResult result, long limit)
    {
        try
        {
            var names = new ResultFiles(PruneCache.Model, "", PruneCache.Report, PruneCache.Page) { Data = result.Files?.Data is null ? null : PruneCache.Data };
            string outcome = Path.Combine(staged, "cached." + PruneCache.Result);
            File.WriteAllText(outcome, (result with { Files = names }).ToJson());
            ResultFiles files = result.Files!;
            var sources = new Dictionary<string, string>
            {
                [PruneCache.Model] = Path.Combine(staged, files.Model),
                [PruneCache.Report] = Path.Combine(staged, files.Report),
                [PruneCache.Page] = Path.Combine(staged, files.Html),
                [PruneCache.Result] = outcome,
            };
            if (files.Data is { } data)
                sources.Add(PruneCache.Data, Path.Combine(staged, data));
            // An entry that would not fit would be the next to go, with all others before it.
            if (sources.Values.Sum(file => new FileInfo(file).Length) > limit)
                return;
            _cache.Add(content, new CacheEntryInfo(record.Name, record.Spec, Sha256.OfFile(record.Spec), result.Summary), sources);
            foreach (CacheEntry entry in _cache.Evict(limit, keep: content))
                _log.LogMessage(MessageImportance.Low, "cache: '{0}' of {1:d} went for space.", entry.Info?.Name, entry.LastUsed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say(PruneDiagnostics.CacheUnusable.In(record.Spec, _cache.Root, e.Message));
        }
    }

    /// <summary>Waits until nobody else prunes this content. Null where the folder knows no locks; two builds may do the same work then.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public FolderLock? TryLock(string content, Func<string, FolderLock> acquire)
    {
        try
        {
            return acquire(_cache.LockOf(content));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogMessage(MessageImportance.Low, "cache: no lock, '{0}'", e.Message);
            return null;
        }
    }

    // Not a warning, which a build may treat as an error.
    private void Say(PruneDiagnostic diagnostic) =>
        _log.LogMessage(null, diagnostic.Id, null, diagnostic.File, 0, 0, 0, 0, MessageImportance.High, "{0}", diagnostic.ToString());

    // The project that pruned may call the model otherwise, and its spec may have other lines.
    private static PruneResult Retold(PruneResult result, CacheEntryInfo info, ModelRecord record)
    {
        bool sameText = info.SpecSha256 == Sha256.OfFile(record.Spec);
        return result with
        {
            Name = record.Name,
            Files = new ResultFiles(PruneCache.Model, "", PruneCache.Report, PruneCache.Page),
            Summary = result.Summary.StartsWith(info.Name + ":", StringComparison.Ordinal) ? record.Name + result.Summary.Substring(info.Name.Length) : result.Summary,
            Diagnostics = [.. result.Diagnostics.Select(d => d.File != info.Spec ? d
                : sameText ? d with { File = record.Spec } : d with { File = record.Spec, Line = 0, Column = 0, EndLine = 0, EndColumn = 0 })],
        };
    }
}
