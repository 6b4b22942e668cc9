using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Running;

/// <summary>Takes over what the worker wrote into the staging folder, or what was in the cache.</summary>
internal static class WorkerOutput
{
    /// <summary>Whether the model is the one that the result speaks of.</summary>
    /// <returns>Its SHA-256.</returns>
    /// <exception cref="InvalidDataException">The result names no files, or another model.</exception>
    public static string Check(string staged, PruneResult result)
    {
        if (result is not { Files: { } files, ModelSha256: { } expected })
            throw new InvalidDataException("the worker reports success but names no files");
        string model = Path.Combine(staged, files.Model);
        string sha = Sha256.OfFile(model);
        if (!string.Equals(sha, expected, StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"'{model}' has SHA-256 {sha}, but the worker said {expected}");
        return sha;
    }

    /// <summary>
    /// Moves the files to their places and returns the stamp to write. The old stamp goes first and the new one is written by the caller last, so a
    /// build that is killed in between finds no stamp and prunes again. The worker's manifest stays behind: describing has written it already.
    /// </summary>
    public static PruneStamp TakeOver(ModelFolder folder, string staged, PruneResult result, string sha, string content, string state)
    {
        ResultFiles files = result.Files!;
        File.Delete(folder.Stamp);
        AtomicFile.Move(Path.Combine(staged, files.Model), folder.Pruned);
        AtomicFile.Move(Path.Combine(staged, files.Report), folder.Report);
        AtomicFile.Move(Path.Combine(staged, files.Html), folder.Page);
        var places = new ResultFiles(folder.Pruned, folder.Manifest, folder.Report, folder.Page);
        AtomicFile.Write(folder.Result, (result with { Files = places }).ToJson());
        ModelFolder.RemoveAll(folder.Checkpoint);
        return new PruneStamp(content, state, sha, PruneStamp.StateOf(folder.Pruned)!);
    }
}
