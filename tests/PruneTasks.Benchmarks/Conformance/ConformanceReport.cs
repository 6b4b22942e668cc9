using PruneTasks.Testing;

namespace PruneTasks.Benchmarks.Conformance;

/// <summary>The outcomes as one table over operators, and what went wrong by name.</summary>
internal static class ConformanceReport
{
    public static string Counts(IReadOnlyList<ConformanceOutcome> outcomes)
    {
        int Of(ConformanceStatus status) => outcomes.Count(o => o.Status == status);
        return $"passed {Of(ConformanceStatus.Passed)}, unsupported {Of(ConformanceStatus.Unsupported)}, wrong {Of(ConformanceStatus.Wrong)}, crashed {Of(ConformanceStatus.Crashed)}";
    }

    public static string Write(IReadOnlyList<ConformanceOutcome> outcomes)
    {
        using StringWriter page = new() { NewLine = "\n" };
        MarkdownTable table = new(page, "operator", "passed", "unsupported", "wrong", "crashed", "why not supported");
        // A file that cannot be read tells no operator.
        ILookup<string, ConformanceOutcome> byOperator = outcomes
            .SelectMany(o => (o.Operators.Count == 0 ? ["(none)"] : o.Operators).Select(op => (op, o))).ToLookup(p => p.op, p => p.o, StringComparer.Ordinal);
        foreach (IGrouping<string, ConformanceOutcome> row in byOperator.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            string Of(ConformanceStatus status) => row.Count(o => o.Status == status) is var n and > 0 ? $"{n}" : "";
            table.Add(row.Key, Of(ConformanceStatus.Passed), Of(ConformanceStatus.Unsupported), Of(ConformanceStatus.Wrong), Of(ConformanceStatus.Crashed), Reasons(row.Key, row));
        }
        foreach (ConformanceStatus bad in new[] { ConformanceStatus.Wrong, ConformanceStatus.Crashed })
        {
            ConformanceOutcome[] named = [.. outcomes.Where(o => o.Status == bad)];
            if (named.Length == 0) continue;
            page.WriteLine($"\n{bad}:\n");
            foreach (ConformanceOutcome outcome in named) page.WriteLine($"- {outcome.Case} ({string.Join(", ", outcome.Operators)}): {outcome.Reason}");
        }
        return page.ToString();
    }

    private static string Reasons(string op, IEnumerable<ConformanceOutcome> row)
    {
        ConformanceOutcome[] refused = [.. row.Where(o => o.Status == ConformanceStatus.Unsupported)];
        IEnumerable<string> own = refused.Where(o => o.Culprit is null || o.Culprit == op).GroupBy(o => o.Reason!).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{Escape(g.Key)}{(g.Count() > 1 ? $" ({g.Count()})" : "")}");
        IEnumerable<string> others = refused.Where(o => o.Culprit is not null && o.Culprit != op).GroupBy(o => o.Culprit!).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"together with {g.Key}{(g.Count() > 1 ? $" ({g.Count()})" : "")}");
        return string.Join("; ", own.Concat(others));
    }

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');
}
