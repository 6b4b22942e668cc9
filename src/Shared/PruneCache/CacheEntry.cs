using System.Globalization;
using PruneTasks.Records;

namespace PruneTasks.Caching;

/// <summary>Of what an entry is the result; only for people and for messages, nothing is looked up by it.</summary>
/// <param name="Name">Name of the model in the project that pruned it.</param>
/// <param name="Spec">Path of the spec there.</param>
/// <param name="SpecSha256">SHA-256 of the spec's bytes: with equal ones, places in its diagnostics hold.</param>
/// <param name="Summary">One line on the outcome.</param>
internal sealed record CacheEntryInfo(string Name, string Spec, string SpecSha256, string Summary);

/// <summary>A file of an entry.</summary>
/// <param name="Name">Its name in the entry's folder; one of <see cref="PruneCache.FileNames"/>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its content, lower-case hexadecimal.</param>
internal sealed record CacheFile(string Name, long Bytes, string Sha256);

/// <summary>A result in the cache. Its folder holds the files and <c>entry.txt</c>, which says what they must be.</summary>
/// <param name="Key">Content hash of everything that the result depends on, 64 hexadecimal digits.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Info">Of what it is the result; null when <c>entry.txt</c> cannot be read.</param>
/// <param name="Files">Its files.</param>
/// <param name="LastUsed">When it was written or last taken, UTC: the time of <c>entry.txt</c>.</param>
internal sealed record CacheEntry(string Key, string Folder, CacheEntryInfo? Info, IReadOnlyList<CacheFile> Files, DateTime LastUsed)
{
    /// <summary>Name of the file that describes an entry.</summary>
    public const string FileName = "entry.txt";

    private const string Heading = "prunetasks-cache 1";

    /// <summary>What the entry takes on disk, in bytes.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Reads an entry. One whose <c>entry.txt</c> is missing or damaged has no <see cref="Info"/>, and the files that lie there.</summary>
    public static CacheEntry Read(string folder)
    {
        string key = Path.GetFileName(folder), path = Path.Combine(folder, FileName);
        DateTime used = File.GetLastWriteTimeUtc(File.Exists(path) ? path : folder);
        if (RecordText.Read(path, Heading) is { } text && text.Find("key") == key
            && text.Find("name") is { } name && text.Find("spec") is { } spec && text.Find("spec-sha256") is { } sha && text.Find("summary") is { } summary
            && text.All("file").Select(ParseFile).ToArray() is var files && !files.Contains(null))
        {
            return new CacheEntry(key, folder, new CacheEntryInfo(name, spec, sha, summary), files!, used);
        }

        CacheFile[] found = Directory.Exists(folder) ? [.. new DirectoryInfo(folder).EnumerateFiles().Select(file => new CacheFile(file.Name, file.Length, ""))] : [];
        return new CacheEntry(key, folder, null, found, used);
    }

    /// <summary>The text of <c>entry.txt</c>.</summary>
    public static string Write(string key, CacheEntryInfo info, IEnumerable<CacheFile> files)
    {
        RecordText text = new RecordText()
            .Add("key", key).Add("name", info.Name).Add("spec", info.Spec).Add("spec-sha256", info.SpecSha256).Add("summary", info.Summary);
        foreach (CacheFile file in files)
            text.Add("file", string.Format(CultureInfo.InvariantCulture, "{0} {1} {2}", file.Sha256, file.Bytes, file.Name));
        return text.Write(Heading);
    }

    // Names come from a fixed list: an entry of a shared folder must not name a file elsewhere.
    private static CacheFile? ParseFile(string line)
    {
        string[] parts = line.Split([' '], 3);
        return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && PruneCache.FileNames.Contains(parts[2])
            ? new CacheFile(parts[2], bytes, parts[0])
            : null;
    }
}
