using PruneTasks.Onnx;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Tests.Evaluation;

public class EvaluatorTests
{
    private static readonly float[] Identity = [1, 0, 0, 1];

    private static readonly float[] Swap = [0, 1, 1, 0];

    [Fact]
    public void A_model_agrees_with_itself()
    {
        Comparison result = Compare(TestModels.Linear(Identity, 2, 2), TestModels.Linear(Identity, 2, 2), Samples(100), true);
        Assert.Equal((100, 1.0, 0.0), (result.Samples, result.Agreement, result.Kl));
        Assert.Equal((0.0, 0.0), (result.Outputs[0].Nmse, result.Outputs[0].MaxAbs));
        Assert.Null(result.DenseTop1);
        Assert.Empty(result.Remarks);
    }

    [Fact]
    public void Agreement_and_kl_are_those_of_the_rows()
    {
        // Dense gives (ln 3, 0): (3/4, 1/4). The other swaps them.
        Sample[] samples = [Sample(null, (float)Math.Log(3), 0)];
        Comparison result = Compare(TestModels.Linear(Identity, 2, 2), TestModels.Linear(Swap, 2, 2), samples, true);
        Assert.Equal(0.0, result.Agreement);
        Assert.Equal((0.75 * Math.Log(3)) + (0.25 * Math.Log(1.0 / 3)), result.Kl!.Value, 6);
        Assert.Equal(Math.Log(3), result.Outputs[0].MaxAbs!.Value, 6);
    }

    [Fact]
    public void A_model_that_picks_the_class_itself_agrees_by_its_number()
    {
        // Of the two samples the other model answers one in another way: it sees the second feature doubled.
        Sample[] samples = [Sample(null, 3, 1), Sample(null, 3, 2)];
        Comparison result = Compare(TestModels.Picks([1, 0, 0, 1]), TestModels.Picks([1, 0, 0, 2]), samples, null);
        Assert.Equal(0.5, result.Agreement);
        Assert.Null(result.Kl);
        Assert.Null(result.Cosine);
        Assert.Empty(result.Outputs);
    }

    [Fact]
    public void Probabilities_are_not_put_through_softmax_again()
    {
        Sample[] samples = [Sample(null, (float)Math.Log(3), 0)];
        double logits = Compare(TestModels.Linear(Identity, 2, 2), TestModels.Linear(Swap, 2, 2), samples, true).Kl!.Value;
        double probabilities = Compare(TestModels.Linear(Identity, 2, 2, softmax: true), TestModels.Linear(Swap, 2, 2, softmax: true), samples, true).Kl!.Value;
        Assert.Equal(logits, probabilities, 6);
    }

    [Fact]
    public void Accuracy_counts_the_labelled_samples_only()
    {
        Sample[] samples = [Sample(0, 2, 1), Sample(0, 2, 1), Sample(1, 2, 1), Sample(null, 2, 1)];
        Comparison result = Compare(TestModels.Linear(Identity, 2, 2), TestModels.Linear(Swap, 2, 2), samples, true);
        Assert.Equal(3, result.Labelled);
        Assert.Equal((2 / 3.0, 1 / 3.0), (result.DenseTop1, result.PrunedTop1));
    }

    [Fact]
    public void Outputs_that_are_no_scores_have_no_agreement()
    {
        Assert.Null(Compare(TestModels.Linear(Identity, 2, 2), TestModels.Linear(Swap, 2, 2), Samples(5), false).Agreement);
        Assert.Null(Compare(TestModels.Linear(Identity, 2, 2), TestModels.Linear(Swap, 2, 2), Samples(5), null).Agreement);
        Assert.Equal(1.0, Compare(TestModels.Linear(Identity, 2, 2, softmax: true), TestModels.Linear(Identity, 2, 2, softmax: true), Samples(5), null).Agreement);
    }

    [Fact]
    public void Nmse_of_a_constant_guess_at_the_mean_is_one()
    {
        // Outputs of dense: 1, 3. The other gives 2 for both.
        Sample[] samples = [Sample(null, 1, 0), Sample(null, 3, 0)];
        Comparison result = Compare(TestModels.Linear([1, 0], 2, 1), TestModels.Linear([0, 0], 2, 1, bias: [2]), samples, false);
        Assert.Equal(1.0, result.Outputs[0].Nmse!.Value, 9);
        Assert.Equal(1.0, result.Outputs[0].MaxAbs);
    }

    [Fact]
    public void A_model_with_a_fixed_batch_of_one_runs_sample_by_sample()
    {
        byte[] model = TestModels.Linear(Identity, 2, 2, batch: 1);
        Assert.Equal(7, Compare(model, model, Samples(7), true, [new(1, null), new(2, null)]).Samples);
    }

    [Fact]
    public void A_model_that_only_claims_a_free_batch_runs_sample_by_sample_and_says_so()
    {
        // The file fixes the batch; the caller is told otherwise.
        byte[] model = TestModels.Linear(Identity, 2, 2, batch: 1);
        Comparison result = Compare(model, model, Samples(7), true);
        Assert.Equal((7, 1.0), (result.Samples, result.Agreement));
        Assert.Contains("one by one", Assert.Single(result.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Trailing_axes_of_one_are_not_the_class_axis()
    {
        var sum = new ComparisonSum(["y"], true);
        sum.Add([Sample(1, 0)], [TensorData.Of([1, 3, 1, 1], 0f, 2f, 1f)], [TensorData.Of([1, 3, 1, 1], 3f, 2f, 1f)]);
        Comparison result = sum.Finish([]);
        Assert.Equal((0.0, 1.0, 0.0), (result.Agreement, result.DenseTop1, result.PrunedTop1));
    }

    [Fact]
    public void Latency_is_measured_in_turn_with_fifty_runs_or_more()
    {
        using OrtSession dense = OrtSession.Load(TestModels.Linear(Identity, 2, 2), "dense", 1);
        using OrtSession pruned = OrtSession.Load(TestModels.Linear(Swap, 2, 2), "pruned", 1);
        Latency latency = LatencyMeter.Measure(dense, pruned, Sample(null, 1, 2), TestContext.Current.CancellationToken);
        Assert.True(latency.Runs >= 50);
        Assert.All(new[] { latency.Dense, latency.Pruned }, time => Assert.True(time.Median > 0 && time.P90 >= time.Median));
    }

    private static Sample[] Samples(int count) => [.. Enumerable.Range(0, count).Select(i => Sample(null, i, (i * 7) % 5))];

    private static Sample Sample(int? label, params float[] values) => new("", [TensorData.Of([1, values.Length], values)], label);

    private static Comparison Compare(byte[] dense, byte[] pruned, IEnumerable<Sample> samples, bool? scores, Axis[]? shape = null)
    {
        using OrtSession a = OrtSession.Load(dense, "dense", 1);
        using OrtSession b = OrtSession.Load(pruned, "pruned", 1);
        ModelInput input = new("x", ElementType.Float32, shape ?? [new(null, "batch"), new(2, null)]);
        return Evaluator.Compare(a, b, [input], samples, scores, TestContext.Current.CancellationToken);
    }
}
