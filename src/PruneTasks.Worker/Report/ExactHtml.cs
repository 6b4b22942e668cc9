using PruneTasks.Pruning;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>What was left out without changing a result, for report.html.</summary>
internal static class ExactHtml
{
    /// <summary>A table with one row per rewrite, and what was undone.</summary>
    public static void Write(Html page, ExactRewrites exact)
    {
        if (exact.Done.Count > 0)
        {
            page.Heading("Left out without changing a result").Table(
                ["What", "#Multiply-accumulates", "#Parameters", "#Bytes", "#Largest difference"],
                [
                    .. exact.Done.Select(rewrite => (string[])
                    [
                        Sentence(rewrite.What),
                        Change(rewrite.Before.Macs, rewrite.After.Macs),
                        Change(rewrite.Before.Parameters, rewrite.After.Parameters),
                        Change(rewrite.Before.Bytes, rewrite.After.Bytes),
                        Figures.Small(rewrite.Difference),
                    ]),
                ],
                "Each was compared with the dense model in ONNX Runtime; the difference is rounding.");
        }
        foreach (TokenSelection selection in exact.Slice?.Selections ?? [])
        {
            page.Raw($"<p class=\"quiet\">Only {(selection.Tokens.Count == 1 ? "token" : "tokens")} {string.Join(", ", selection.Tokens)} of <code>{Html.Text(selection.Value)}</code> "
                + $"{(selection.Tokens.Count == 1 ? "is" : "are")} read, so that {selection.Nodes} nodes work on nothing else now.</p>");
        }
        foreach (UndoneRewrite undone in exact.Undone)
            page.Raw($"<p class=\"quiet\">The rewrite <code>{undone.Kind}</code> was undone: {Html.Text(undone.Reason)}.</p>");
        if (exact.ClassesStay is { } why) page.Raw($"<p class=\"quiet\">The last layer still computes all classes: {Html.Text(why)}.</p>");
    }

    private static string Change(long before, long after) => before == after ? "" : Figures.Change(before, after);

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
