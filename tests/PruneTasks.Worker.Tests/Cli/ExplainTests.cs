using System.Text.Json;

namespace PruneTasks.Worker.Tests.Cli;

public sealed class ExplainTests : IDisposable
{
    /// <summary>As the worker writes it, without the fields that are not read.</summary>
    private const string Report = """
        {
          "version": 1,
          "budget": { "allocation": "measured", "price": 0.5, "sites": [
            { "kind": "ffn", "layer": "/block.0/up", "dense": 4, "kept": 2, "uniform": 3, "price": 0.1, "uniformPrice": 0.05 },
            { "kind": "qk", "layer": "/block.1/attention", "dense": 2, "kept": 2, "uniform": null, "price": 0, "uniformPrice": null } ] },
          "sites": [
            { "block": 0, "kind": "channel", "layer": "/one", "heads": 1, "dense": 1, "kept": 1, "error": null },
            { "block": 1, "kind": "ffn", "layer": "/block.0/up", "heads": 1, "dense": 4, "kept": 2, "error": 0.02 },
            { "block": 2, "kind": "qk", "layer": "/block.1/attention", "heads": 8, "dense": 2, "kept": 2, "error": null } ],
          "prices": { "source": "curves", "reason": "curves", "unit": "kl", "sites": [
            { "kind": "ffn", "layer": "/block.0/up", "kept": 2, "measured": [ { "kept": 1, "price": 0.3 } ], "curve": [0.9, 0.3, 0.1, 0.05, 0] },
            { "kind": "qk", "layer": "/block.1/attention", "kept": 2, "measured": [], "curve": [0.9, 0.3, 0] } ] },
          "additivity": { "holds": false },
          "partition": { "sites": { "groups": [
            { "name": "/block.0/up", "class": "personal", "support": 0.97 }, { "name": "/block.1/attention", "class": "undecided", "support": 0.5 } ] } },
          "steps": null,
          "refusals": [ { "node": "Conv '/stem/conv'", "reason": "ffn: no layer before it" } ]
        }
        """;

    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void A_cut_layer_is_explained_by_its_price()
    {
        string file = _worker.Folder.Write("report.json", Report);
        Assert.Equal(0, _worker.Run(null, "explain", "block.0", "--report", file));
        Assert.Equal("""
            ffn at '/block.0/up', block 1: 2 of 4 kept
              Refitted, the layer misses 2.0 % of its output.
              2 of 4 units stay: that is where this place's price, set against what it saves, meets the budget.
              The price of this width is 0.1 (kl), 20.0 % of what the whole plan costs.
              One unit fewer would cost 0.2 more.
              With equal shares everywhere it would keep 3: it is cheaper to cut than the others.
              Prices of single places do not add up in this model, so take them as an order, not as sums.
              The personal data needs it more than the common data does (97.0 % of the resamples).
              Prices in kl, by curves
              kept  price
              4         0  dense
              3      0.05  equal shares, one more
              2       0.1  chosen
              1       0.3  measured, one fewer

            """.ReplaceLineEndings("\n"), _worker.Output);
    }

    [Fact]
    public void A_layer_that_was_kept_and_one_that_was_refused_say_why()
    {
        _worker.Folder.Write("report.json", Report);
        Assert.Equal(0, _worker.Run(null, "explain", "BLOCK 2", "--report", _worker.Folder.Path, "--json"));
        JsonElement site = Assert.Single(JsonDocument.Parse(_worker.Output).RootElement.GetProperty("sites").EnumerateArray());
        Assert.Equal(("qk", 8, 2), (site.GetProperty("kind").GetString(), site.GetProperty("heads").GetInt32(), site.GetProperty("kept").GetInt32()));
        Assert.Contains("met by places that are cheaper to cut", site.GetProperty("why")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(0, _worker.Run(null, "explain", "stem", "--report", _worker.Folder.Path));
        Assert.Equal("Conv '/stem/conv' stays dense: ffn: no layer before it\n", _worker.Output);
    }

    [Fact]
    public void A_name_that_nothing_has_is_answered_with_the_names_that_there_are()
    {
        _worker.Folder.Write("report.json", Report);
        Assert.Equal(2, _worker.Run(null, "explain", "decoder", "--report", _worker.Folder.Path));
        Assert.Contains("error PRUNE0912: the report has no kind 'decoder' and no layer with that in its name; it has channel, ffn, qk, '/one', '/block.0/up', '/block.1/attention', Conv '/stem/conv'", _worker.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_names_all_its_layers_and_what_was_refused_of_it()
    {
        _worker.Folder.Write("report.json", Report);
        Assert.Equal(0, _worker.Run(null, "explain", "FFN", "--report", _worker.Folder.Path));
        Assert.StartsWith("ffn at '/block.0/up', block 1: 2 of 4 kept\n", _worker.Output, StringComparison.Ordinal);
        Assert.EndsWith("Conv '/stem/conv' stays dense: ffn: no layer before it\n", _worker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/block.1", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(0, _worker.Run(null, "explain", "channel", "--report", _worker.Folder.Path));
        Assert.StartsWith("channel at '/one', block 0", _worker.Output.Replace("'/one':", "'/one', block 0:", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("ffn", _worker.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ }")]
    [InlineData("{ \"version\": 1 }")]
    [InlineData("no json")]
    [InlineData("{ \"version\": 2 }")]
    public void A_file_that_is_no_report_is_an_error_with_a_place(string text)
    {
        string file = _worker.Folder.Write("report.json", text);
        Assert.Equal(1, _worker.Run(null, "explain", "x", "--report", file));
        Assert.Contains($"{file}(1,", _worker.Error, StringComparison.Ordinal);
        Assert.Contains("error PRUNE0910: ", _worker.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_worker_writes_can_be_explained()
    {
        Assert.Equal(0, _worker.Prune());
        Assert.Equal(0, _worker.Run(null, "explain", "h", "--report", _worker.Folder.File("out")));
        Assert.StartsWith("ffn at 'h', block 1: 4 of 8 kept\n", _worker.Output, StringComparison.Ordinal);
        Assert.Equal(2, _worker.Run(null, "explain", "h", "--report", _worker.Folder.File("nowhere")));
    }
}
