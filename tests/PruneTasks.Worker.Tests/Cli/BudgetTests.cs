using System.Text.Json;
using PruneTasks.Spec.Contracts;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>Budgets on a trained model, libtorch included.</summary>
public sealed class BudgetTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void Auto_finds_the_smallest_model_that_keeps_the_contract()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        PruneResult first = Prune("budget: auto", "quality: { metric: kl, max-drop: 0.05 }", 0);
        JsonElement report = Report(), budget = report.GetProperty("budget"), quality = report.GetProperty("quality");
        Assert.True(quality.GetProperty("met").GetBoolean());
        Assert.InRange(quality.GetProperty("drop").GetDouble(), 0, 0.05);
        JsonElement[] trials = [.. budget.GetProperty("trials").EnumerateArray()];
        Assert.InRange(trials.Length, 2, 6);
        double delivered = (double)first.Pruned!.Macs / first.Dense!.Macs;
        double smallest = trials.Where(t => t.GetProperty("met").GetBoolean()).Min(t => t.GetProperty("macs").GetDouble());
        Assert.InRange(delivered, smallest - 0.05, smallest + 1e-6);
        Assert.All(trials.Where(t => !t.GetProperty("met").GetBoolean()), t => Assert.True(t.GetProperty("macs").GetDouble() < smallest));
        Assert.Contains("Budgets that were built", File.ReadAllText(_worker.Folder.File("out/report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missed_contract_names_a_budget_that_then_fits()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        Prune("budget: { macs: 0.3 }", "quality: { metric: kl, max-drop: 0.05 }", 1);
        int at = _worker.Output.IndexOf("about 'macs: ", StringComparison.Ordinal);
        Assert.True(at >= 0, _worker.Output);
        string share = _worker.Output.Substring(at + "about 'macs: ".Length, 4);
        Assert.False(File.Exists(_worker.Folder.File("out/t.pruned.onnx")));
        // The estimate is from prices on other samples: twice the limit is what it promises at least.
        Prune($"budget: {{ macs: {share} }}", "quality: { metric: kl, max-drop: 0.1 }", 0);
    }

    [Fact]
    public void Uniform_is_estimated_always_and_built_where_there_is_test_data()
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        Prune("budget: { macs: 0.4 }", "", 0, test: true);
        JsonElement budget = Report().GetProperty("budget");
        Assert.True(budget.GetProperty("uniformPrice").GetDouble() >= budget.GetProperty("price").GetDouble());
        JsonElement uniform = budget.GetProperty("uniform");
        Assert.Equal(uniform.GetProperty("uniform").GetDouble() - uniform.GetProperty("measured").GetDouble(), uniform.GetProperty("difference").GetDouble(), 9);
        Assert.False(uniform.GetProperty("overruled").GetBoolean());
        Assert.True(budget.GetProperty("curve").GetArrayLength() > 5);

        Prune("budget: { macs: 0.4 }", "", 0);
        Assert.Equal(JsonValueKind.Null, Report().GetProperty("budget").GetProperty("uniform").ValueKind);
    }

    private PruneResult Prune(string budget, string quality, int code, bool test = false)
    {
        string folder = SharedData.Path("models/vit-cifar10-811k");
        string spec = _worker.Folder.Write("t.prune.yaml", $$"""
            version: 1
            model: {{folder}}/vit_cifar10_postnorm_relu_op17.onnx
            task: image-classification
            image: { size: 32 }
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 48 }{{(test ? $"\n  test: {{ path: \"{folder}/expected.npz\", samples: 20 }}" : "")}}
            prune: { {{budget}}, views: 0 }
            {{quality}}
            """);
        int exit = _worker.Run(null, "prune", "--spec", spec, "--output", _worker.Folder.File("out"));
        Assert.True(exit == code, $"exit code {exit}: {_worker.Output}");
        return code == 0 ? PruneResult.Parse(File.ReadAllText(_worker.Folder.File("out/result.json"))) : null!;
    }

    private JsonElement Report() => JsonDocument.Parse(File.ReadAllText(_worker.Folder.File("out/report.json"))).RootElement;
}
