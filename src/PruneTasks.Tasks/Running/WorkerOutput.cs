using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Running;

/// <summary>Takes over what the worker wrote into the staging folder, or what was in the cache.</summary>
internal static class WorkerOutput
{
    /// <summary>Whether the files are those that the result speaks of.</summary>
    /// <returns>Their hash, as the stamp has it.</returns>
    /// <exception cref="InvalidDataException">The result names no files, or others.</exception>
    public static string Check(string staged, PruneResult result)
    {
        if (result is not { Files: { } files, ModelSha256: { } expected })
            throw new InvalidDataException("the worker reports success but names no files");
        string model = Check(Path.Combine(staged, files.Model), expected);
        return PruneStamp.OutputOf(model, files.Data is { } data ? Check(Path.Combine(staged, data), result.DataSha256 ?? "") : null);
    }

    private static string Check(string file, string expected)
    {
        string sha = Sha256.OfFile(file);
        if (!string.Equals(sha, expected, StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"'{file}' has SHA-256 {sha}, but the worker said {expected}");
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
        // Of an earlier result, which may have needed it.
        File.Delete(folder.PrunedData);
        AtomicFile.Move(Path.Combine(staged, files.Model), folder.Pruned);
        if (files.Data is { } data)
            AtomicFile.Move(Path.Combine(staged, data), folder.PrunedData);
        AtomicFile.Move(Path.Combine(staged, files.Report), folder.Report);
        AtomicFile.Move(Path.Combine(staged, files.Html), folder.Page);
        var places = new ResultFiles(folder.Pruned, folder.Manifest, folder.Report, folder.Page) { Data = files.Data is null ? null : folder.PrunedData };
        AtomicFile.Write(folder.Result, (result with { Files = places }).ToJson());
        ModelFolder.RemoveAll(folder.Checkpoint);
        return new PruneStamp(content, state, sha, PruneStamp.StateOf(folder.Pruned)!);
    }
}
