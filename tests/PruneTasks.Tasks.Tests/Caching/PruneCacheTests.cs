using System.Diagnostics;
using PruneTasks.BuildTesting;
using PruneTasks.Caching;
using PruneTasks.Records;

namespace PruneTasks.Tasks.Tests.Caching;

/// <summary>The store itself.</summary>
public sealed class PruneCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("a b ß");
    private readonly PruneCache _cache;

    public PruneCacheTests() => _cache = new PruneCache(_folder["cache"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_added_is_taken_byte_for_byte()
    {
        Add("a", "the model");

        CacheTake take = Take("a", out string folder);

        Assert.Equal(CacheOutcome.Hit, take.Outcome);
        Assert.Equal("the model", File.ReadAllText(Path.Combine(folder, PruneCache.Model)));
        Assert.Equal(PruneCache.FileNames.Order(), Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order());
        Assert.Equal("vit", take.Entry!.Info!.Name);
        Assert.Equal("/src/line\nbreak.prune.yaml", take.Entry.Info.Spec);
        Assert.Empty(Staging());
    }

    [Fact]
    public void Another_key_is_a_miss() => Assert.Equal(CacheOutcome.Miss, Take("b", out _).Outcome);

    [Theory]
    [InlineData(PruneCache.Model, "other")]
    [InlineData(PruneCache.Model, "thE model")]
    [InlineData(PruneCache.Page, null)]
    [InlineData(PruneCache.Result, "")]
    [InlineData(CacheEntry.FileName, null)]
    [InlineData(CacheEntry.FileName, "prunetasks-cache 1\nkey ")]
    [InlineData(CacheEntry.FileName, "prunetasks-cache 1\nkey ~\nname n\nspec s\nspec-sha256 0\nsummary s\n", PruneCache.Model)]
    [InlineData(CacheEntry.FileName, "prunetasks-cache 1\nkey ~\nname n\nspec s\nspec-sha256 0\nsummary s\nfile 00 1 ../../../model.onnx\n")]
    public void A_damaged_entry_is_named_removed_and_leaves_nothing_behind(string file, string? content, string? named = null)
    {
        CacheEntry entry = Add("a", "the model");
        string path = Path.Combine(entry.Folder, file);
        if (content is null)
            File.Delete(path);
        else
            File.WriteAllText(path, content.Replace("~", Key("a"), StringComparison.Ordinal));
        Assert.NotNull(PruneCache.Verify(_cache.List().Single()));

        CacheTake take = Take("a", out string folder);

        Assert.Equal(CacheOutcome.Damaged, take.Outcome);
        Assert.Contains(named ?? file, take.Problem);
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Empty(_cache.List());
        Assert.Equal(CacheOutcome.Miss, Take("a", out _).Outcome);
        Assert.Empty(Staging());
        Add("a", "the model");
        Assert.Equal(CacheOutcome.Hit, Take("a", out _).Outcome);
    }

    [Fact]
    public void The_entries_that_were_not_used_for_longest_go_first()
    {
        foreach ((string name, int minutesAgo) in new[] { ("a", 30), ("b", 20), ("c", 10) })
            File.SetLastWriteTimeUtc(Path.Combine(Add(name, "0123456789").Folder, CacheEntry.FileName), DateTime.UtcNow.AddMinutes(-minutesAgo));
        Assert.Equal(CacheOutcome.Hit, Take("a", out _).Outcome);
        Assert.Equal([Key("a"), Key("c"), Key("b")], _cache.List().Select(entry => entry.Key));
        long one = _cache.List()[0].Bytes;

        Assert.Empty(_cache.Evict(3 * one));
        Assert.Equal([Key("b")], _cache.Evict((3 * one) - 1).Select(entry => entry.Key));
        Assert.Equal([Key("a")], _cache.Evict(one, keep: Key("c")).Select(entry => entry.Key));
        Assert.Empty(_cache.Evict(0, keep: Key("c")));
        Assert.Equal([Key("c")], _cache.Clear().Select(entry => entry.Key));
        Assert.Empty(_cache.List());
        Assert.Empty(Staging());
    }

    [Fact]
    public void What_killed_processes_left_goes_with_the_next_entry_and_what_living_ones_write_stays()
    {
        using var dead = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        string mark = ProcessMark.New(), own = mark[..mark.IndexOf('-', StringComparison.Ordinal)];
        Assert.True(dead.WaitForExit(TimeSpan.FromMinutes(1)));
        string left = dead.Id + mark[own.Length..], foreign = dead.Id + "-00000000-" + mark[^32..];
        foreach (string name in new[] { mark, left, foreign })
            Directory.CreateDirectory(_folder["cache", "v1", "staging", name]);

        Add("a", "the model");

        Assert.Equal(new[] { mark, foreign }.Order(), Staging().Order());
    }

    // Of another machine only age tells, and that machine's clock may be ahead or behind.
    [Theory]
    [InlineData(-72, false)]
    [InlineData(-24, true)]
    [InlineData(72, true)]
    public void What_another_machine_left_goes_after_two_days(int hours, bool stays)
    {
        string folder = _folder["cache", "v1", "staging", "1-00000000-" + new string('0', 32)];
        Directory.CreateDirectory(folder);
        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow.AddHours(hours));

        Add("a", "the model");

        Assert.Equal(stays, Directory.Exists(folder));
        Assert.Equal(CacheOutcome.Hit, Take("a", out _).Outcome);
    }

    [Fact]
    public void A_result_that_a_machine_with_a_fast_clock_has_used_goes_when_its_turn_comes()
    {
        File.SetLastWriteTimeUtc(Path.Combine(Add("a", "0123456789").Folder, CacheEntry.FileName), DateTime.UtcNow.AddDays(3));
        Add("b", "0123456789");

        Assert.Equal([Key("b"), Key("a")], _cache.Evict(0).Select(entry => entry.Key));
    }

    [Fact]
    public async Task Writers_and_readers_of_one_key_at_the_same_time_see_whole_entries_only()
    {
        string[] texts = [.. Enumerable.Range(0, 4).Select(i => new string((char)('a' + i), 200_000))];
        int hits = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                Add("a", texts[writer]);
                CacheTake take = Take("a", out string folder);
                Assert.NotEqual(CacheOutcome.Damaged, take.Outcome);
                if (take.Outcome == CacheOutcome.Miss)
                    continue;
                Assert.Contains(File.ReadAllText(Path.Combine(folder, PruneCache.Model)), texts);
                Interlocked.Increment(ref hits);
            }
        })));

        Assert.NotEqual(0, hits);
        Assert.Empty(Staging());
    }

    [Theory]
    [InlineData("5GB", 5L << 30)]
    [InlineData(" 500 mb ", 500L << 20)]
    [InlineData("1.5 KB", 1536L)]
    [InlineData("77", 77L)]
    [InlineData("0", 0L)]
    [InlineData("lots", null)]
    [InlineData("-1", null)]
    [InlineData("5 GiB", null)]
    [InlineData("", null)]
    [InlineData("99999999999999 TB", null)]
    public void Sizes_are_read_as_people_write_them(string text, long? bytes) => Assert.Equal(bytes, CacheSize.Parse(text));

    private static string Key(string name) => Sha256.OfText(name);

    private CacheEntry Add(string name, string model)
    {
        string source = _folder["source", Guid.NewGuid().ToString("N")];
        Directory.CreateDirectory(source);
        foreach (string file in PruneCache.FileNames)
            File.WriteAllText(Path.Combine(source, file), file == PruneCache.Model ? model : file);
        return _cache.Add(
            Key(name), new CacheEntryInfo("vit", "/src/line\nbreak.prune.yaml", "00", "vit: smaller"),
            PruneCache.FileNames.ToDictionary(file => file, file => Path.Combine(source, file)));
    }

    private CacheTake Take(string name, out string folder)
    {
        folder = _folder["taken", Guid.NewGuid().ToString("N")];
        Directory.CreateDirectory(folder);
        return _cache.Take(Key(name), folder);
    }

    private IEnumerable<string> Staging() =>
        Directory.Exists(_folder["cache", "v1", "staging"]) ? Directory.GetDirectories(_folder["cache", "v1", "staging"]).Select(path => Path.GetFileName(path)!) : [];
}
