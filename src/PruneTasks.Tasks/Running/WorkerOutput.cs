using PruneTasks.Spec.Contracts;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Running;

/// <summary>Takes over what the worker wrote into the staging folder.</summary>
internal static class WorkerOutput
{
    /// <summary>
    /// Moves the files to their places and returns the stamp to write. The old stamp goes first and the new one is written by the caller last, so a
    /// build that is killed in between finds no stamp and prunes again. The worker's manifest stays behind: describing has written it already.
    /// </summary>
    /// <exception cref="InvalidDataException">The result names no files, or the model is not the one that it speaks of.</exception>
    public static PruneStamp TakeOver(ModelFolder folder, string staged, PruneResult result, string content, string state)
    {
        if (result is not { Files: { } files, ModelSha256: { } expected })
            throw new InvalidDataException("the worker reports success but names no files");
        string model = Path.Combine(staged, files.Model);
        string sha = Sha256.OfFile(model);
        if (!string.Equals(sha, expected, StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"'{model}' has SHA-256 {sha}, but the worker said {expected}");
        File.Delete(folder.Stamp);
        AtomicFile.Move(model, folder.Pruned);
        AtomicFile.Move(Path.Combine(staged, files.Report), folder.Report);
        AtomicFile.Move(Path.Combine(staged, files.Html), folder.Page);
        var places = new ResultFiles(folder.Pruned, folder.Manifest, folder.Report, folder.Page);
        AtomicFile.Write(folder.Result, (result with { Files = places }).ToJson());
        return new PruneStamp(content, state, sha, PruneStamp.StateOf(folder.Pruned)!);
    }
}
