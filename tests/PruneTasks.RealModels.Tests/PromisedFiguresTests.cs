using PruneTasks.WorkerRuns;

namespace PruneTasks.RealModels.Tests;

/// <summary>What pruning keeps of a trained vision transformer: the whole worker on 256 training images, measured on 2,000 test images.</summary>
public sealed class PromisedFiguresTests(RealWorker worker)
{
    private const int Last = 2;

    private static PromisedCut Both => CifarCase.Promised[Last];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Last)]
    public async Task A_promised_cut_keeps_its_promise_and_costs_what_was_predicted(int row)
    {
        PromisedCut promised = CifarCase.Promised[row];
        PruneOutput output = await worker.Prune(Spec(promised.Cut));
        SetFigures test = output.On("test");
        string what = $"{promised.Name}: KL {test.Kl}, agreement {test.Agreement}";
        Assert.Equal(2000, test.Samples);
        Assert.Equal(CifarCase.Samples, output.Report.GetProperty("calibration").GetProperty("samples").GetInt32());
        Assert.True(test.Kl <= promised.MostKl, what);
        Assert.True(test.Agreement >= promised.LeastAgreement, what);
        Assert.InRange(output.MaskedDifference!.Value, 0, 1e-4);
        PruneOutput nothing = await worker.Prune(CifarCase.Spec(RealWorker.Models, RealWorker.Data, new Cut(), test: false));
        Assert.Equal(1, nothing.On("hold-out").Agreement);
        await RealWorker.AssertCostsAsPredicted(nothing.Model, output);
    }

    [Fact]
    public async Task The_same_input_gives_the_same_bytes_and_test_data_only_measures()
    {
        PruneOutput first = await worker.Prune(Spec(Both.Cut));
        PruneOutput second = await worker.PruneAgain(CifarCase.Spec(RealWorker.Models, RealWorker.Data, Both.Cut, test: false));
        Assert.Equal(File.ReadAllBytes(first.Model), File.ReadAllBytes(second.Model));
    }

    [Fact]
    public async Task An_older_export_of_the_same_network_gives_nearly_the_same_figures()
    {
        PruneOutput newer = await worker.Prune(Spec(Both.Cut));
        PruneOutput older = await worker.Prune(CifarCase.Spec(RealWorker.Models, RealWorker.Data, Both.Cut, opset: 13));
        SetFigures a = newer.On("test"), b = older.On("test");
        Assert.InRange(b.Kl, a.Kl - 0.003, a.Kl + 0.003);
        Assert.InRange(b.Agreement, a.Agreement - 0.01, a.Agreement + 0.01);
        Assert.True(b.Kl <= Both.MostKl && b.Agreement >= Both.LeastAgreement, $"KL {b.Kl}, agreement {b.Agreement}");
        Assert.Equal(newer.Removed, older.Removed);
        Assert.Equal(newer.Count("pruned", "macs"), older.Count("pruned", "macs"));
    }

    private static string Spec(Cut cut) => CifarCase.Spec(RealWorker.Models, RealWorker.Data, cut);
}
