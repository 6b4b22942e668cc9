using System.Text.Json;
using PruneTasks.Caching;

namespace PruneTasks.Worker.Tests.Cli;

public sealed class CacheTests : IDisposable
{
    private static readonly string[] Keys = [new('a', 64), new('b', 64)];

    private readonly CommandFixture _worker = new();

    public CacheTests()
    {
        PruneCache cache = new(Root);
        foreach (string key in Keys)
        {
            Dictionary<string, string> files = PruneCache.FileNames.Where(name => name != PruneCache.Data).ToDictionary(name => name, name => _worker.Folder.Write($"{key}/{name}", new string('x', 1000)));
            cache.Add(key, new CacheEntryInfo("vit", "/app/vit.prune.yaml", "", "vit: smaller"), files);
        }
        File.SetLastWriteTimeUtc(Path.Combine(FolderOf(Keys[0]), CacheEntry.FileName), new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    private string Root => _worker.Folder.File("cache");

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void List_shows_what_was_used_last_first()
    {
        JsonElement root = Json("list");
        Assert.Equal((Root, 8000), (root.GetProperty("path").GetString(), root.GetProperty("bytes").GetInt64()));
        Assert.Equal(Keys.Reverse(), root.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("key").GetString()));
        Assert.Equal("2020-01-02T03:04:05Z", root.GetProperty("entries")[1].GetProperty("lastUsed").GetString());
        Assert.Equal(0, _worker.Run(null, "cache", "list", "--path", Root));
        Assert.Contains("bbbbbbbbbbbb  vit    4.00 kB", _worker.Output, StringComparison.Ordinal);
        Assert.EndsWith($"2 results, 8.00 kB, in '{Root}'\n", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_finds_one_changed_byte_and_removes_that_result_alone()
    {
        Assert.Equal(0, Json("verify").GetProperty("damaged").GetArrayLength());
        File.WriteAllText(Path.Combine(FolderOf(Keys[0]), PruneCache.Model), new string('x', 999) + "y");
        JsonElement root = Json("verify");
        Assert.Equal((2, Keys[0]), (root.GetProperty("checked").GetInt32(), root.GetProperty("damaged")[0].GetProperty("key").GetString()));
        Assert.Contains($"info PRUNE0914: result {Keys[0]}", _worker.Error, StringComparison.Ordinal);
        Assert.Equal([Keys[1]], new PruneCache(Root).List().Select(entry => entry.Key));
    }

    [Fact]
    public void Clear_removes_all_or_leaves_what_was_used_last()
    {
        Assert.Equal(1, Json("clear", "--keep", "5KB").GetProperty("removed").GetInt32());
        Assert.Equal([Keys[1]], new PruneCache(Root).List().Select(entry => entry.Key));
        Assert.Equal(4000, Json("clear").GetProperty("bytes").GetInt64());
        Assert.Empty(new PruneCache(Root).List());
        Assert.Equal(2, _worker.Run(null, "cache", "clear", "--path", Root, "--keep", "much"));
    }

    [Fact]
    public void A_cache_that_was_never_used_is_empty()
    {
        Assert.Equal(0, _worker.Run(null, "cache", "list", "--path", _worker.Folder.File("never")));
        Assert.Equal($"0 results, 0 B, in '{_worker.Folder.File("never")}'\n", _worker.Output);
        Assert.False(Directory.Exists(_worker.Folder.File("never")));
    }

    private string FolderOf(string key) => Path.Combine(Root, "v1", "entries", key[..2], key);

    private JsonElement Json(params string[] arguments)
    {
        Assert.Equal(0, _worker.Run(null, ["cache", .. arguments, "--path", Root, "--json"]));
        return JsonDocument.Parse(_worker.Output).RootElement;
    }
}
