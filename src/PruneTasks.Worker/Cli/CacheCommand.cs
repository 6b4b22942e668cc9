using System.CommandLine;
using System.Globalization;
using PruneTasks.Caching;
using PruneTasks.Json;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Cli;

/// <summary><c>cache list|verify|clear</c>: the results that builds keep (docs/how-the-build-works.md). Needs no native library.</summary>
internal static class CacheCommand
{
    /// <summary>The property of the build, which MSBuild also takes from the environment.</summary>
    private const string PathVariable = "PruneTasksCachePath";

    private static readonly Option<string?> Folder = new("--path") { Description = "Folder of the cache; by default that of the variable PruneTasksCachePath, else the user's own.", HelpName = "folder" };

    private static readonly Option<string?> Keep = new("--keep") { Description = "Leave as much as this, the results used last: for example 2GB. Nothing by default.", HelpName = "size" };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of text; the fields are listed in docs/report.md." };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        Command list = new("list", "Shows the results in the cache, the last used first.") { Folder, Json };
        list.SetAction(parsed => Guard(parsed, context, List));
        Command verify = new("verify", "Hashes every file of every result, and removes what is damaged (PRUNE0914).") { Folder, Json };
        verify.SetAction(parsed => Guard(parsed, context, Verify));
        Command clear = new("clear", "Removes the results, and what killed builds left. Builds that use the cache meanwhile are not disturbed.") { Folder, Keep, Json };
        clear.Validators.Add(result =>
        {
            if (result.GetValue(Keep) is { } size && CacheSize.Parse(size) is null) result.AddError("--keep wants a size such as 2GB.");
        });
        clear.SetAction(parsed => Guard(parsed, context, Clear));
        return new Command("cache", "The results of pruning that builds keep and share.") { list, verify, clear };
    }

    private static int Guard(ParseResult parsed, CommandContext context, Action<ParseResult, PruneCache, CommandContext, DiagnosticList> run) => CommandGuard.Run(
        diagnostics =>
        {
            string root = parsed.GetValue(Folder)
                ?? (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } given ? given : CachePlaces.Default())
                ?? throw new CommandLineException("this user has no folder for a cache; name one with --path");
            try
            {
                run(parsed, new PruneCache(root), context, diagnostics);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                throw new PruneDiagnosticException(PruneDiagnostics.OutputNotWritable.In(null, root, problem.Message), problem);
            }
        },
        "the cache",
        context.Error);

    private static void List(ParseResult parsed, PruneCache cache, CommandContext context, DiagnosticList diagnostics)
    {
        IReadOnlyList<CacheEntry> entries = cache.List();
        if (parsed.GetValue(Json))
        {
            context.Output.Write(ToJson(cache, ("bytes", JsonValue.Of(entries.Sum(entry => entry.Bytes))), ("entries", JsonValue.Array(entries.Select(ToJson)))));
            return;
        }
        var table = new TextTable("key", "<model", "size", "last used", "<outcome");
        foreach (CacheEntry entry in entries)
            table.Add(entry.Key[..Math.Min(12, entry.Key.Length)], entry.Info?.Name ?? "?", Figures.Bytes(entry.Bytes), Time(entry), entry.Info?.Summary ?? "its description cannot be read");
        context.Output.Write(entries.Count == 0 ? "" : table.ToString());
        context.Output.Write(string.Create(CultureInfo.InvariantCulture, $"{Results(entries.Count)}, {Figures.Bytes(entries.Sum(entry => entry.Bytes))}, in '{cache.Root}'\n"));
    }

    private static void Verify(ParseResult parsed, PruneCache cache, CommandContext context, DiagnosticList diagnostics)
    {
        IReadOnlyList<CacheEntry> entries = cache.List();
        List<(CacheEntry Entry, string Problem)> damaged = [];
        foreach (CacheEntry entry in entries)
        {
            // Another build may have removed it, or put a new one there, since the list was made.
            if (PruneCache.Verify(entry) is not { } problem || !Directory.Exists(entry.Folder) || !CacheEntry.Read(entry.Folder).Files.SequenceEqual(entry.Files)) continue;
            cache.Remove(entry);
            damaged.Add((entry, problem));
            diagnostics.Add(PruneDiagnostics.CacheEntryDamaged.In(entry.Info?.Spec, entry.Key, cache.Root, problem));
        }
        context.Output.Write(parsed.GetValue(Json)
            ? ToJson(cache, ("checked", JsonValue.Of((long)entries.Count)), ("damaged", JsonValue.Array(damaged.Select(d => JsonValue.Object(("key", JsonValue.Of(d.Entry.Key)), ("problem", JsonValue.Of(d.Problem)))))))
            : string.Create(CultureInfo.InvariantCulture, $"{Results(entries.Count)} checked, {damaged.Count} damaged and removed, in '{cache.Root}'\n"));
    }

    private static void Clear(ParseResult parsed, PruneCache cache, CommandContext context, DiagnosticList diagnostics)
    {
        IReadOnlyList<CacheEntry> removed;
        if (parsed.GetValue(Keep) is { } size)
        {
            removed = cache.Evict(CacheSize.Parse(size)!.Value);
            cache.RemoveLeftOvers();
        }
        else
        {
            removed = cache.Clear();
        }
        long bytes = removed.Sum(entry => entry.Bytes);
        context.Output.Write(parsed.GetValue(Json)
            ? ToJson(cache, ("removed", JsonValue.Of((long)removed.Count)), ("bytes", JsonValue.Of(bytes)))
            : $"{Results(removed.Count)} removed, {Figures.Bytes(bytes)}, from '{cache.Root}'\n");
    }

    private static string ToJson(PruneCache cache, params (string, JsonValue?)[] members) =>
        JsonWriter.Write(JsonValue.Object([("version", JsonValue.Of(1L)), ("path", JsonValue.Of(cache.Root)), .. members]));

    private static JsonValue ToJson(CacheEntry entry) => JsonValue.Object(
        ("key", JsonValue.Of(entry.Key)),
        ("name", JsonValue.Of(entry.Info?.Name)),
        ("spec", JsonValue.Of(entry.Info?.Spec)),
        ("summary", JsonValue.Of(entry.Info?.Summary)),
        ("bytes", JsonValue.Of(entry.Bytes)),
        ("lastUsed", JsonValue.Of(Time(entry))));

    private static string Time(CacheEntry entry) => entry.LastUsed.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Results(int count) => count == 1 ? "1 result" : string.Create(CultureInfo.InvariantCulture, $"{count} results");
}
