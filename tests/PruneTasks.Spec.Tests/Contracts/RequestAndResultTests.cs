using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Tests.Contracts;

public sealed class RequestAndResultTests
{
    [Fact]
    public void A_request_round_trips()
    {
        var request = new PruneRequest { Spec = "/a b/ü.prune.yaml", Output = @"C:\out", Name = "x", ClassName = "X", Namespace = "N", Model = "/m", Checkpoint = "/c", LibTorch = "/t", OnnxRuntime = "/o", Threads = 2 };
        Assert.Equal(request, PruneRequest.Parse(request.ToJson()));
        var least = new PruneRequest { Spec = "s", Output = "o" };
        Assert.Equal(least, PruneRequest.Parse(least.ToJson()));
        Assert.Equal(least, PruneRequest.Parse("{ \"version\": 1, \"spec\": \"s\", \"output\": \"o\", \"threads\": 0, \"later\": {} }"));
    }

    [Fact]
    public void A_request_overrides_the_spec()
    {
        PruneSpec spec = PruneSpecReader.Read("version: 1\nclass: A\nnamespace: N", "app/a.prune.yaml").Spec!;
        Assert.Equal(spec, new PruneRequest { Spec = "s", Output = "o" }.Apply(spec));
        PruneSpec changed = new PruneRequest { Spec = "s", Output = "o", Model = "../b.onnx", Name = "b", ClassName = "B", Namespace = "M" }.Apply(spec);
        Assert.Equal((Path.GetFullPath("b.onnx"), "b", "B", "M"), (changed.Model.Full, changed.Name, changed.ClassName, changed.Namespace));
    }

    [Fact]
    public void A_result_round_trips()
    {
        var result = new PruneResult
        {
            Success = true,
            Name = "vit",
            Files = new ResultFiles("a.onnx", "a.json", "r.json", "r.html") { Data = "a.onnx.data" },
            ModelSha256 = "00ff",
            ModelBytes = 5,
            DataSha256 = "ff00",
            DataBytes = 4_000_000_000,
            Dense = new ModelCost(3_000_000_000, 2, 3),
            Pruned = new ModelCost(1, 1, 1),
            Agreement = 0.93,
            Kl = 1.0 / 3,
            Summary = "vit: half",
            Diagnostics =
            [
                PruneDiagnostics.ImageUnreadable.At("a.yaml", new SourceSpan(1, 2, 3, 4), "x.png", "bad"),
                PruneDiagnostics.FewSamples.In(null, 5, 128),
            ],
        };
        PruneResult back = PruneResult.Parse(result.ToJson());
        Assert.Equal(result.ToJson(), back.ToJson());
        Assert.Equal(result.Diagnostics, back.Diagnostics);
        Assert.Equal(result with { Diagnostics = back.Diagnostics }, back);
    }

    [Fact]
    public void A_failed_result_has_nulls()
    {
        var result = new PruneResult { Success = false, Name = "vit", Summary = "failed" };
        PruneResult back = PruneResult.Parse(result.ToJson());
        Assert.Equal((false, null, null, null), (back.Success, back.Files, back.Dense, back.Agreement));
    }

    [Fact]
    public void Diagnostics_keep_a_lowered_severity_and_unknown_ids()
    {
        PruneDiagnostic lowered = (PruneDiagnostics.BudgetMissed with { Severity = PruneSeverity.Info }).In("f", "macs", 0.5, 0.6);
        var unknown = new PruneDiagnostic(new PruneDiagnosticDescriptor("PRUNE0499", PruneSeverity.Warning, "later", "later"), "f", 1, 1, 0, 0, "new");
        var result = new PruneResult { Success = true, Name = "n", Summary = "s", Diagnostics = [lowered, unknown] };
        Assert.Equal(
            ["f: info PRUNE0402: budget macs = 0.5 cannot be reached; 0.6 remains with all units at their limits", "f(1,1): warning PRUNE0499: new"],
            PruneResult.Parse(result.ToJson()).Diagnostics.Select(d => d.ToString()));
    }

    [Theory]
    [InlineData("", "line 1, column 1")]
    [InlineData("{ \"version\": 9 }", "version 9 is not known")]
    [InlineData("{ \"version\": 1, \"success\": 1 }", "\"success\" must be true or false")]
    [InlineData("{ \"version\": 1, \"success\": true }", "\"name\" is missing")]
    public void A_bad_result_says_what_is_wrong(string json, string part)
    {
        Assert.Contains(part, Assert.Throws<ContractFormatException>(() => PruneResult.Parse(json)).Message);
        Assert.StartsWith("request: ", Assert.Throws<ContractFormatException>(() => PruneRequest.Parse(json)).Message);
    }
}
