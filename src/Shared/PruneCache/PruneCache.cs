using System.Text;
using PruneTasks.Records;

namespace PruneTasks.Caching;

/// <summary>
/// Results of pruning by the hash of everything that they depend on, for all projects of a user or, in a shared folder, of a team. An entry is
/// written beside the others and then moved as a whole, and each file is hashed whenever it is taken. So builds may use the folder at the same
/// time, and a build that dies leaves nothing that counts. What cannot be read or written throws <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/>; a build goes on without the cache then.
/// </summary>
/// <param name="root">The folder; made with the first entry.</param>
internal sealed class PruneCache(string root)
{
    /// <summary>Name of the pruned model in an entry.</summary>
    public const string Model = "model.onnx";

    /// <summary>Name of its weights in an entry, where they are more than one file can hold.</summary>
    public const string Data = "model.onnx.data";

    /// <summary>Name of the report for programs.</summary>
    public const string Report = "report.json";

    /// <summary>Name of the report for people.</summary>
    public const string Page = "report.html";

    /// <summary>Name of the outcome.</summary>
    public const string Result = "result.json";

    /// <summary>What the cache may take where nothing else is said: 5 GB.</summary>
    public const long DefaultLimit = 5L << 30;

    /// <summary>The files that an entry may have.</summary>
    public static readonly IReadOnlyList<string> FileNames = [Model, Data, Report, Page, Result];

    // Temporary folders of other machines, and locks, that nobody has touched for so long belong to nobody.
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(2);

    /// <summary>The folder.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    // With another layout comes another folder.
    private string Entries => Path.Combine(Root, "v1", "entries");

    private string Staging => Path.Combine(Root, "v1", "staging");

    private string Locks => Path.Combine(Root, "v1", "locks");

    /// <summary>The file to hold while a key is pruned, so that others wait for the result.</summary>
    public string LockOf(string key) => Path.Combine(Locks, key + ".lock");

    /// <summary>Copies the files of a key into an existing folder, and checks each. A damaged entry is removed, and of it nothing is left in the folder.</summary>
    public CacheTake Take(string key, string folder)
    {
        string place = FolderOf(key);
        if (!Directory.Exists(place))
            return new CacheTake(CacheOutcome.Miss);
        CacheEntry entry = CacheEntry.Read(place);
        if (Damage(entry, folder) is not { } problem)
        {
            MarkUsed(entry);
            return new CacheTake(CacheOutcome.Hit, entry);
        }

        foreach (string name in FileNames)
            File.Delete(Path.Combine(folder, name));
        // No damage: another build needed the space meanwhile, or has put a new result there.
        if (!Directory.Exists(place))
            return new CacheTake(CacheOutcome.Miss);
        if (!CacheEntry.Read(place).Files.SequenceEqual(entry.Files))
            return Take(key, folder);
        Remove(entry);
        return new CacheTake(CacheOutcome.Damaged, Problem: problem);
    }

    /// <summary>Adds a result in place of one with the same key.</summary>
    /// <param name="key">64 hexadecimal digits.</param>
    /// <param name="info">Of what it is the result.</param>
    /// <param name="files">Names out of <see cref="FileNames"/> and where the files lie now; they are copied.</param>
    public CacheEntry Add(string key, CacheEntryInfo info, IEnumerable<KeyValuePair<string, string>> files)
    {
        RemoveLeftOvers();
        string staged = Path.Combine(Staging, ProcessMark.New()), place = FolderOf(key);
        Directory.CreateDirectory(staged);
        try
        {
            var written = new List<CacheFile>();
            foreach (KeyValuePair<string, string> file in files)
            {
                (long bytes, string sha) = HashedCopy.Run(file.Value, Path.Combine(staged, file.Key));
                written.Add(new CacheFile(file.Key, bytes, sha));
            }

            File.WriteAllText(Path.Combine(staged, CacheEntry.FileName), CacheEntry.Write(key, info, written), new UTF8Encoding(false));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            Place(staged, place);
        }
        finally
        {
            RemoveFolder(staged);
        }

        return CacheEntry.Read(place);
    }

    /// <summary>All entries, the last used first.</summary>
    public IReadOnlyList<CacheEntry> List() =>
        Directory.Exists(Entries)
            ? [.. Directory.EnumerateDirectories(Entries).SelectMany(Directory.EnumerateDirectories).Select(CacheEntry.Read)
                .OrderByDescending(entry => entry.LastUsed).ThenBy(entry => entry.Key, StringComparer.Ordinal)]
            : [];

    /// <summary>Hashes every file of an entry; null if all is right, else what is wrong.</summary>
    public static string? Verify(CacheEntry entry) => Damage(entry, folder: null);

    /// <summary>Removes the entries that were not used for the longest time, until the others take at most <paramref name="limit"/> bytes.</summary>
    /// <param name="limit">In bytes.</param>
    /// <param name="keep">Key of an entry that stays in any case.</param>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<CacheEntry> Evict(long limit, string? keep = null)
    {
        IReadOnlyList<CacheEntry> entries = List();
        long total = entries.Sum(entry => entry.Bytes);
        var removed = new List<CacheEntry>();
        foreach (CacheEntry entry in entries.Reverse().Where(entry => entry.Key != keep))
        {
            if (total <= limit)
                break;
            Remove(entry);
            total -= entry.Bytes;
            removed.Add(entry);
        }

        return removed;
    }

    /// <summary>Removes all entries, and what killed builds left.</summary>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<CacheEntry> Clear()
    {
        IReadOnlyList<CacheEntry> entries = List();
        foreach (CacheEntry entry in entries)
            Remove(entry);
        RemoveLeftOvers();
        return entries;
    }

    /// <summary>Removes an entry. Others see it whole or not at all.</summary>
    public void Remove(CacheEntry entry) => RemoveFolder(entry.Folder);

    /// <summary>Removes temporary folders of builds that were killed, and locks that nobody has taken for long.</summary>
    public void RemoveLeftOvers()
    {
        if (!Directory.Exists(Root))
            return;
        DateTime forgotten = Now() - Forgotten;
        if (Directory.Exists(Staging))
        {
            foreach (string folder in Directory.GetDirectories(Staging))
            {
                if (ProcessMark.IsLeftOver(Path.GetFileName(folder)) || Directory.GetLastWriteTimeUtc(folder) < forgotten)
                    Delete(folder);
            }
        }

        if (Directory.Exists(Locks))
        {
            foreach (string file in Directory.GetFiles(Locks).Where(file => File.GetLastWriteTimeUtc(file) < forgotten))
                File.Delete(file);
        }
    }

    // The clock of the disk: machines that share a folder may not agree, and the times there are those that the disk gave.
    private DateTime Now()
    {
        string probe = Path.Combine(Staging, ProcessMark.New());
        Directory.CreateDirectory(probe);
        try
        {
            return Directory.GetLastWriteTimeUtc(probe);
        }
        finally
        {
            Delete(probe);
        }
    }

    // On one machine the lock of the key keeps others away; on a share without locks they may put their result there between the two calls.
    private void Place(string staged, string place)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                RemoveFolder(place);
                Directory.Move(staged, place);
                return;
            }
            catch (IOException) when (attempt < 10 && Directory.Exists(staged))
            {
                Thread.Sleep(10);
            }
        }
    }

    private string FolderOf(string key) => Path.Combine(Entries, key.Substring(0, 2), key);

    // With a folder, the files are copied there while they are hashed.
    private static string? Damage(CacheEntry entry, string? folder)
    {
        if (entry.Info is null)
            return $"{CacheEntry.FileName} cannot be read";
        if (FileNames.Where(name => name != Data).Except(entry.Files.Select(file => file.Name)).FirstOrDefault() is { } missing)
            return $"{missing} is missing";
        foreach (CacheFile file in entry.Files)
        {
            try
            {
                (long bytes, string sha) = HashedCopy.Run(Path.Combine(entry.Folder, file.Name), folder is null ? null : Path.Combine(folder, file.Name));
                if (bytes != file.Bytes || sha != file.Sha256)
                    return $"{file.Name} is not what was written";
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return $"{file.Name} is missing";
            }
        }

        return null;
    }

    // Of a folder that may only be read, nothing is evicted by this user either.
    private static void MarkUsed(CacheEntry entry)
    {
        try
        {
            File.SetLastWriteTimeUtc(Path.Combine(entry.Folder, CacheEntry.FileName), DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    // Moved away first, so that nobody sees a part of an entry.
    private void RemoveFolder(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        string doomed = Path.Combine(Staging, ProcessMark.New());
        try
        {
            Directory.CreateDirectory(Staging);
            Directory.Move(folder, doomed);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process has just done it.
            return;
        }

        Delete(doomed);
    }

    // A file that another process has open stays on Windows, for the next round.
    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
