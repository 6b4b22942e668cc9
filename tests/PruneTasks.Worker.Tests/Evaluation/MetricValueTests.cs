using PruneTasks.Onnx;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Tests.Evaluation;

public class MetricValueTests
{
    [Fact]
    public void Wilson_and_agresti_min_give_the_published_numbers()
    {
        // Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263 and 0 of 20.
        Range95 share = Intervals.OfShare(81, 263);
        Assert.Equal((0.2553, 0.3662), (Math.Round(share.Low, 4), Math.Round(share.High, 4)));
        Assert.Equal(0.1611, Intervals.OfShare(0, 20).High, 4);
        // By hand: (6 − 2) / 102 ± 1.96 · √(9 − 16 / 102) / 102.
        Range95 paired = Intervals.OfPairedShares(6, 2, 100);
        Assert.Equal(0.0392 - 0.0571, paired.Low, 3);
        Assert.Equal(0.0392 + 0.0571, paired.High, 3);
    }

    [Fact]
    public void The_bootstrap_covers_what_the_normal_interval_covers_and_repeats_itself()
    {
        Random random = new(7);
        double[] values = [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble())];
        double mean = values.Average(), half = 1.96 * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / 399 / 400);
        Range95 range = Intervals.ByDrawing(400, drawn => drawn.Average(i => values[i]));
        Assert.Equal(mean - half, range.Low, 0.15 * half);
        Assert.Equal(mean + half, range.High, 0.15 * half);
        Assert.Equal(range, Intervals.ByDrawing(400, drawn => drawn.Average(i => values[i])));
    }

    [Fact]
    public void Perplexity_is_that_of_the_next_tokens_in_the_input_and_skips_padding()
    {
        var sum = new ComparisonSum(["logits"], true, new NextTokens(0, 1));
        var sample = new Sample("", [TensorData.Vector([1, 0, 1, 1]), TensorData.Vector([1, 1, 1, 0])], null);
        // ln 3 apart: p = 3/4 for the higher one.
        float a = (float)Math.Log(3);
        sum.Add([sample], [Logits(0, a, a, 0, 0, a, 0, a)], [Logits(0, 0, 0, 0, 0, 0, 0, 0)]);
        Comparison result = sum.Finish([]);
        // Next tokens 0 (p = 1/4) and 1 (p = 1/4); the third is padding, the fourth has none.
        Assert.Equal(4, result.DensePerplexity!.Value, 5);
        Assert.Equal(2, result.PrunedPerplexity!.Value, 5);
        MetricValue value = MetricValue.Of(result, "perplexity")!;
        Assert.Equal((-0.5, 1), (Math.Round(value.Drop, 6), value.Samples));
    }

    [Fact]
    public void Token_inputs_are_found_by_name_then_by_type()
    {
        ModelInput Input(string name, ElementType type = ElementType.Int64) => new(name, type, null);
        Assert.Equal(new NextTokens(1, 0), NextTokens.Find([Input("attention_mask"), Input("input_ids")]));
        Assert.Equal(new NextTokens(1, null), NextTokens.Find([Input("x", ElementType.Float32), Input("y", ElementType.Int32)]));
        Assert.Null(NextTokens.Find([Input("x", ElementType.Float32)]));
    }

    [Fact]
    public void Cosine_needs_no_classes_and_agreement_needs_some()
    {
        var sum = new ComparisonSum(["embedding"], false);
        sum.Add([new Sample("", [], 1), new Sample("", [], 0)], [TensorData.Of([2, 2], 1f, 0f, 0f, 2f)], [TensorData.Of([2, 2], 1f, 1f, 0f, 5f)]);
        Comparison result = sum.Finish([]);
        Assert.Equal((Math.Sqrt(0.5) + 1) / 2, result.Cosine!.Value, 6);
        Assert.All(new[] { "agreement", "top1", "kl", "perplexity" }, metric => Assert.Null(MetricValue.Of(result, metric)));
        Assert.Equal(1 - result.Cosine.Value, MetricValue.Of(result, "cosine")!.Drop, 9);
    }

    [Fact]
    public void An_interval_of_tokens_takes_whole_samples()
    {
        // Two samples of 100 tokens that each agree in all or in nothing: the tokens are not independent, and the interval says so.
        var sum = new ComparisonSum(["logits"], true);
        float[] first = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? 1f : 0f)], second = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? 0f : 1f)];
        sum.Add([new Sample("", [], null), new Sample("", [], null)], [TensorData.Of([2, 100, 2], [.. first, .. first])], [TensorData.Of([2, 100, 2], [.. first, .. second])]);
        MetricValue value = MetricValue.Of(sum.Finish([]), "agreement")!;
        Assert.Equal((0.5, 0.0, 1.0), (value.Drop, value.Interval.Low, value.Interval.High));
    }

    private static TensorData Logits(params float[] values) => TensorData.Of([1, values.Length / 2, 2], values);
}
