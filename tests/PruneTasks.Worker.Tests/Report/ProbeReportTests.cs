using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Progress;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Tests.Report;

/// <summary>What reports say about additivity, partition and prices from random sets.</summary>
public sealed class ProbeReportTests
{
    private static readonly TestSite[] Sites = [new("a<1>", 16), new("b", 10), new("c", 64)];

    private sealed record TestSite(string Name, int Units) : PruneSite(UnitKind.Ffn, Name, Units, [], null!);

    [Fact]
    public void Additivity_is_given_with_every_union()
    {
        JsonElement json = Parse(AdditivityJson.Of(Additivity(holds: true)));
        Assert.True(json.GetProperty("holds").GetBoolean());
        Assert.Equal((3, 64, 15.5), (json.GetProperty("sites").GetInt32(), json.GetProperty("samples").GetInt32(), json.GetProperty("passes").GetDouble()));
        JsonElement kl = json.GetProperty("observations")[0];
        Assert.Equal(("kl", 0.9, 1.1), (kl.GetProperty("name").GetString(), kl.GetProperty("r2").GetDouble(), kl.GetProperty("ratio").GetDouble()));
        Assert.Equal((0.2, 0.22), (kl.GetProperty("unions")[1].GetProperty("sum").GetDouble(), kl.GetProperty("unions")[1].GetProperty("measured").GetDouble()));
        Assert.Equal("entropy-increase", json.GetProperty("observations")[1].GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("observations")[1].GetProperty("ratio").ValueKind);
        Assert.Equal("too small", Parse(AdditivityJson.Of(new AdditivityReport("too small"))).GetProperty("notMeasured").GetString());
    }

    [Fact]
    public void Page_says_whether_prices_add_up_and_draws_each_union()
    {
        string html = Page(page => AdditivityHtml.Write(page, Additivity(holds: true)));
        Assert.Contains("They add up.", html, StringComparison.Ordinal);
        Assert.Equal(4, Regex.Count(html, "<circle "));
        html = Page(page => AdditivityHtml.Write(page, Additivity(holds: false) with { RepricePasses = 17 }));
        Assert.Contains("They do not add up. Each price was measured again in the company of the others (17 passes)", html, StringComparison.Ordinal);
        Assert.Contains("Not measured: too &lt;small&gt;.", Page(page => AdditivityHtml.Write(page, new AdditivityReport("too <small>"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Partition_is_given_with_intervals_and_classes()
    {
        JsonElement json = Parse(PartitionJson.Of(Partition(separable: true)));
        Assert.Equal((60, 64), (json.GetProperty("personal").GetInt32(), json.GetProperty("common").GetInt32()));
        JsonElement level = json.GetProperty("sites");
        Assert.True(level.GetProperty("separable").GetBoolean());
        Assert.Equal(["personal", "common", "undecided"], level.GetProperty("groups").EnumerateArray().Select(g => g.GetProperty("class").GetString()));
        Assert.Equal(-0.2, level.GetProperty("groups")[2].GetProperty("low").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("units").ValueKind);
    }

    [Fact]
    public void Picture_has_a_bar_and_a_line_for_each_group_and_says_what_it_cannot_tell()
    {
        string html = Page(page => PartitionHtml.Write(page, Partition(separable: true)));
        Assert.Equal(3, Regex.Count(html, "<g><title>"));
        Assert.Contains("a&lt;1&gt;: personal", html, StringComparison.Ordinal);
        Assert.Contains("The personal data needs other groups than the common data", html, StringComparison.Ordinal);
        html = Page(page => PartitionHtml.Write(page, Partition(separable: false)));
        Assert.Contains("Not separable", html, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("<script|href=|https?:"), html);
    }

    [Fact]
    public void Caps_leave_units_at_the_sites_of_their_class()
    {
        IReadOnlyDictionary<PruneSite, int> least = Partition(separable: true).LeastWidths(new PartitionSettings { PersonalMax = 0.5, CommonMax = 0.75 });
        Assert.Equal([(16, 8), (10, 3)], least.Select(p => (p.Key.Units, p.Value)));
        Assert.Empty(Partition(separable: false).LeastWidths(new PartitionSettings { PersonalMax = 0.5, CommonMax = 0.75 }));
        Assert.Empty(Partition(separable: true).LeastWidths(new PartitionSettings()));
        Assert.Single(Partition(separable: true).LeastWidths(new PartitionSettings { CommonMax = 0 }));
        // A cap of 1 is none: then a whole module may go too.
        Assert.Empty(Partition(separable: true).LeastWidths(new PartitionSettings { CommonMax = 1 }));
    }

    [Fact]
    public void Settings_that_cannot_act_are_said_to()
    {
        using Cli.CommandFixture worker = new();
        worker.Folder.Write("m.prune.yaml", Cli.CommandFixture.Spec + "\n  partition: { common: { max: 0.5 }, solver: omp }\n");
        Cli.CommandFixture.Smaller pipeline = new();
        Assert.Equal(0, worker.Prune(pipeline));
        PartitionReport report = PartitionStage.Run(pipeline.Job! with { Progress = new LineProgress(_ => { }) }, null, run => run(), CancellationToken.None)!;
        Assert.Equal(
            "the caps of prune.partition do not act: no unit that can be pruned was found; prune.partition.solver and count do not act: nothing was measured by random sets", report.Idle);
        PruneJob plain = pipeline.Job! with { Spec = pipeline.Job!.Spec with { Prune = new PruneSettings() } };
        Assert.Null(PartitionStage.Run(plain, null, run => run(), CancellationToken.None));
        Assert.Contains("do not act", Page(page => PartitionHtml.Write(page, report)) + Json.JsonWriter.Write(PartitionJson.Of(report)), StringComparison.Ordinal);
    }

    private static AdditivityReport Additivity(bool holds) => new(null)
    {
        Measured = new AdditivityMeasurement(
            [
                new ObservedAdditivity(ProbeObservation.Divergence, new Additivity(holds ? 0.9 : 0.2, 1.1, holds ? 0.1 : 0.5, 2), 1.2, [(0.1, 0.11), (0.2, 0.22)]),
                new ObservedAdditivity(ProbeObservation.EntropyIncrease, new Additivity(0.5, double.NaN, 0.1, 2), 1, [(-0.1, 0), (0.1, 0.1)]),
            ],
            [0.1, 0.1, 0.2], 0.48, Sites, 15.5),
        Samples = 64,
        RankCorrelation = 0.95,
    };

    private static PartitionReport Partition(bool separable) => new(null)
    {
        Sites = new MeasuredPartition(
            new GroupPartition(
                [
                    new GroupScore("a<1>", 0.2, 0.1, 0.7, new Interval(0.4, 1), 1, separable ? GroupClass.Personal : GroupClass.Undecided),
                    new GroupScore("b", 0.1, 0.2, -0.7, new Interval(-1, -0.4), 0, separable ? GroupClass.Common : GroupClass.Undecided),
                    new GroupScore("c", 0.1, 0.1, 0, new Interval(-0.2, 0.3), 0.5, GroupClass.Undecided),
                ],
                separable, 0.5, 0.2, separable ? 1 : 0.6, 1, 0.9),
            new ProbeChoice(true, 0, "3 groups, 2 passes one by one: exact"), 2),
        SiteList = Sites,
        Personal = 60,
        Common = 64,
    };

    private static JsonElement Parse(Json.JsonValue value) => JsonDocument.Parse(Json.JsonWriter.Write(value)).RootElement;

    private static string Page(Action<Html> write)
    {
        Html page = new();
        write(page);
        string html = page.ToString();
        Assert.Equal("page", System.Xml.Linq.XDocument.Parse($"<page>{html}</page>").Root!.Name.LocalName);
        return html;
    }
}
