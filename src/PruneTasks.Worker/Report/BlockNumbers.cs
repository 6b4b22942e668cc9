namespace PruneTasks.Worker.Report;

/// <summary>Numbers sites by block, for people: exporters' names of nodes say little.</summary>
internal static class BlockNumbers
{
    /// <summary>
    /// The block of each site, from 1. Sites come in topological order; a block ends where a kind comes again, and before attention that
    /// follows a feed-forward part: attention and the feed-forward part after it are one block.
    /// </summary>
    public static IReadOnlyList<int> Of(IEnumerable<string> kinds)
    {
        HashSet<string> seen = [];
        List<int> numbers = [];
        int block = 1;
        foreach (string kind in kinds)
        {
            bool attentionAfterFfn = kind != "ffn" && seen.Contains("ffn");
            if (!seen.Add(kind) || attentionAfterFfn)
            {
                block++;
                seen = [kind];
            }
            numbers.Add(block);
        }
        return numbers;
    }

    /// <summary>The sites with their block set.</summary>
    public static IReadOnlyList<SiteReport> Assign(IReadOnlyList<SiteReport> sites) =>
        [.. sites.Zip(Of(sites.Select(site => site.Kind)), (site, block) => site with { Block = block })];
}
