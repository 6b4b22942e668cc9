using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.Pruning;
using PruneTasks.Torch.Native;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Tests.Report;

public class ReportTests
{
    [Fact]
    public void Json_holds_every_figure_and_is_the_same_each_time()
    {
        string json = JsonReport.Write(Report);
        Assert.Equal(json, JsonReport.Write(Report));
        JsonElement root = JsonDocument.Parse(json).RootElement;
        Assert.Equal(2000, root.GetProperty("dense").GetProperty("bytes").GetInt64());
        Assert.Equal(0.5, root.GetProperty("macsRemoved").GetDouble());
        Assert.Equal(2, root.GetProperty("speedBound").GetDouble());
        Assert.Equal(880, root.GetProperty("exact").GetProperty("macsAfter").GetInt64());
        Assert.Equal(0, root.GetProperty("exact").GetProperty("tokens")[0].GetProperty("kept")[0].GetInt64());
        JsonElement test = root.GetProperty("evaluation")[1];
        Assert.Equal((0.9, 0.8), (test.GetProperty("top1").GetProperty("dense").GetDouble(), test.GetProperty("top1").GetProperty("pruned").GetDouble()));
        Assert.Equal(JsonValueKind.Null, root.GetProperty("evaluation")[0].GetProperty("top1").ValueKind);
        Assert.Equal((2, 8), (root.GetProperty("sites")[2].GetProperty("block").GetInt32(), root.GetProperty("sites")[1].GetProperty("kept").GetInt32()));
    }

    [Fact]
    public void Html_fetches_nothing_and_runs_nothing()
    {
        string html = HtmlReport.Write(Report);
        Assert.DoesNotMatch(new Regex("<(script|link|img|iframe)|src=|href=|url\\(|@import|https?:", RegexOptions.IgnoreCase), html);
    }

    [Fact]
    public void Html_escapes_what_files_and_users_name()
    {
        string html = HtmlReport.Write(Report);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;model", html, StringComparison.Ordinal);
        Assert.Contains("Softmax &#39;x&lt;y&#39;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_is_well_formed()
    {
        string html = HtmlReport.Write(Report).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal);
        string xml = Regex.Replace(html, "<meta [^>]*>", "");
        Assert.Equal("html", System.Xml.Linq.XDocument.Parse(xml).Root!.Name.LocalName);
    }

    [Fact]
    public void Prices_are_told_with_their_curves_and_what_was_shortened()
    {
        PruneReport priced = Report with
        {
            Prices = new PriceReport
            {
                Source = "level", Words = "the change", Reason = "level: 4 minutes of work", Passes = 10.5, Samples = 64, Macs = 1e12, Unit = "kl", Shortened = ["prices: level in place of <curves>"],
                Sites = [new SitePriceReport("ffn", "mlp<1>", [(2, 0.25)], [2, 1, 0.25, 0.1, 0], 3), new SitePriceReport("qk", "attn", [], [0.5, 0.2, 0])],
            },
        };
        JsonElement prices = JsonDocument.Parse(JsonReport.Write(priced)).RootElement.GetProperty("prices");
        Assert.Equal(0.25, prices.GetProperty("sites")[0].GetProperty("measured")[0].GetProperty("price").GetDouble());
        Assert.Equal([2, 1, 0.25, 0.1, 0], prices.GetProperty("sites")[0].GetProperty("curve").EnumerateArray().Select(price => price.GetDouble()));
        Assert.Equal(JsonValueKind.Null, prices.GetProperty("sites")[1].GetProperty("kept").ValueKind);
        string html = HtmlReport.Write(priced);
        Assert.Contains("3 of 4", html, StringComparison.Ordinal);
        Assert.Contains("Shortened: prices: level in place of &lt;curves&gt;.", html, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(html, "<polyline"));
        Assert.Equal("html", System.Xml.Linq.XDocument.Parse(Regex.Replace(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<meta [^>]*>", "")).Root!.Name.LocalName);
    }

    [Fact]
    public void What_one_thread_costs_is_told_or_why_it_is_not_known()
    {
        PruneReport measured = Report with { Threads = new ThreadCost(4, 8, 0.012, 0.004, null) }, skipped = Report with { Threads = new ThreadCost(4, 1, null, null, "a <pass> is slow") };
        JsonElement threads = JsonDocument.Parse(JsonReport.Write(measured)).RootElement.GetProperty("threads");
        Assert.Equal((4, 12, 4, 3), (threads.GetProperty("number").GetInt32(), threads.GetProperty("one").GetDouble(), threads.GetProperty("several").GetDouble(), Math.Round(threads.GetProperty("ratio").GetDouble(), 9)));
        Assert.Contains("a forward pass takes 3.0 times as long as with 4 threads (12.0 and 4.0 ms, 8 samples).", HtmlReport.Write(measured), StringComparison.Ordinal);
        threads = JsonDocument.Parse(JsonReport.Write(skipped)).RootElement.GetProperty("threads");
        Assert.Equal((JsonValueKind.Null, "a <pass> is slow"), (threads.GetProperty("ratio").ValueKind, threads.GetProperty("notMeasured").GetString()));
        Assert.Contains("was not measured: a &lt;pass&gt; is slow.", HtmlReport.Write(skipped), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(JsonReport.Write(Report)).RootElement.GetProperty("threads").ValueKind);
    }

    [Fact]
    public void Training_is_told_with_what_it_did_to_held_out_samples()
    {
        PruneReport trained = Report with { Distill = new DistillReport { Asked = 100, Steps = 40, Fit = (0.2, 0.1), HoldOut = (0.3, 0.25), HoldOutSamples = 51, Parameters = 1234, Samples = 1920, Kept = true, Remarks = ["'w<1>' was left as it is"] } };
        JsonElement distill = JsonDocument.Parse(JsonReport.Write(trained)).RootElement.GetProperty("distill");
        Assert.Equal((40, 0.1, 0.25), (distill.GetProperty("steps").GetInt32(), distill.GetProperty("fit").GetProperty("after").GetDouble(), distill.GetProperty("holdOut").GetProperty("after").GetDouble()));
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(JsonReport.Write(Report)).RootElement.GetProperty("distill").ValueKind);
        string html = HtmlReport.Write(trained);
        Assert.Contains("40 of 100 steps", html, StringComparison.Ordinal);
        Assert.Contains("Too few held-out samples", html, StringComparison.Ordinal);
        Assert.Contains("&#39;w&lt;1&gt;&#39; was left", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_shows_bars_accuracy_and_warnings()
    {
        string html = HtmlReport.Write(Report);
        Assert.Contains("<i class=\"ffn\" style=\"width:25%\">", html, StringComparison.Ordinal);
        Assert.Contains("Top-1 accuracy (test, 10 labelled)", html, StringComparison.Ordinal);
        Assert.Contains("−10.0 points", html, StringComparison.Ordinal);
        Assert.Contains("PRUNE0411: few", html, StringComparison.Ordinal);
        Assert.Contains("Only token 0 of <code>norm&lt;3&gt;</code> is read, so that 22 nodes", html, StringComparison.Ordinal);
        Assert.Contains("1.50&#215;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_end_where_a_kind_comes_again_or_attention_follows_a_feed_forward_part()
    {
        Assert.Equal([1, 1, 1, 2, 2, 2], BlockNumbers.Of(["qk", "vo", "ffn", "qk", "vo", "ffn"]));
        Assert.Equal([1, 2, 3], BlockNumbers.Of(["ffn", "ffn", "ffn"]));
        Assert.Equal([1, 2, 2, 2, 3, 3], BlockNumbers.Of(["ffn", "qk", "vo", "ffn", "qk", "ffn"]));
    }

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(999_600, "1.00 MB")]
    [InlineData(3_358_586, "3.36 MB")]
    [InlineData(12_345, "12.3 kB")]
    public void Sizes_have_three_digits(long bytes, string expected) => Assert.Equal(expected, Figures.Bytes(bytes));

    private static PruneReport Report => new()
    {
        Name = "<b>model",
        Version = "1.0.0",
        Spec = [new("prune.seed", "42"), new("labels", "a <b>, c")],
        Seed = 42,
        Dense = new ModelFacts(2000, 400, 1000, new string('a', 64)),
        Pruned = new ModelFacts(1200, 250, 500, new string('b', 64)),
        Calibration = new CalibrationFacts(100, 30, 20, 1, new string('c', 64)),
        Sites = BlockNumbers.Assign(
        [
            new SiteReport { Kind = "ffn", Layer = "h<1>", UnitsDense = 64, UnitsKept = 16, Error = 0.125 },
            new SiteReport { Kind = "qk", Layer = "s1", UnitsDense = 16, UnitsKept = 8, Heads = 4, Error = 0.01 },
            new SiteReport { Kind = "ffn", Layer = "h2", UnitsDense = 64, UnitsKept = 64 },
        ]),
        Refusals = [new RefusalReport("Softmax 'x<y'", "the axis is normalised over")],
        Evaluations =
        [
            new SetEvaluation("hold-out", "data/personal", new Comparison { Samples = 20, Agreement = 0.95, Kl = double.NaN, Outputs = [new OutputDifference("y", null, 1)] }),
            new SetEvaluation("test", "data/test", new Comparison { Samples = 12, Agreement = 0.9, Kl = 0.05, Labelled = 10, DenseTop1 = 0.9, PrunedTop1 = 0.8, Outputs = [new OutputDifference("y", 0.02, 1.5)], Remarks = ["a remark"] }),
        ],
        Latency = new Latency(new RunTime(3, 4), new RunTime(2, 2.5), 60),
        Exact = new ExactRewrites
        {
            Done = [new ExactRewrite("tokens", "the last block works on the tokens that are read alone", new RewriteCost(1000, 50, 600), new RewriteCost(880, 50, 610), 2e-7)],
            Undone = [new UndoneRewrite("normalization", "it differs <much>")],
            Slice = new TokenSliceResult([new TokenSelection("norm<3>", 1, [0], 22)], 1000, 880),
            Before = new RewriteCost(1000, 50, 600),
            After = new RewriteCost(880, 50, 610),
        },
        MaskedDifference = 1e-6,
        Stages = [new StageTime("build", 1.5), new StageTime("verify", 0.5)],
        Warnings = ["PRUNE0411: few"],
    };
}
