namespace PruneTasks.Pruning.Tests.Steps;

public sealed class StepAcceptanceTests
{
    [Fact]
    public void A_limit_on_the_loss_grows_with_the_share_that_is_done()
    {
        HoldOutFigures figures = Losses(64, 0.04, 0.001);
        StepLimits limits = new(0.05, null, false);
        Assert.True(StepAcceptance.Judge(figures, limits, 1, null, 1).Accepted);
        StepVerdict early = StepAcceptance.Judge(figures, limits, 0.5, null, 1);
        Assert.False(early.Accepted);
        Assert.Equal(0.025, early.Limit);
        Assert.Equal(0.04, early.Loss!.Mean, 1e-3);
    }

    [Fact]
    public void Without_a_limit_only_a_clear_excess_on_enough_samples_is_a_veto()
    {
        Assert.False(StepAcceptance.Judge(Losses(256, 0.10, 0.05), StepLimits.None, 1, 0.05, 1).Accepted);
        Assert.True(StepAcceptance.Judge(Losses(127, 0.10, 0.05), StepLimits.None, 1, 0.05, 1).Accepted);
        Assert.True(StepAcceptance.Judge(Losses(256, 0.10, 0.05), StepLimits.None, 1, 0.097, 1).Accepted);
        Assert.True(StepAcceptance.Judge(Losses(256, 0.10, 0.05), StepLimits.None, 1, null, 1).Accepted);
    }

    [Fact]
    public void A_step_whose_answer_is_not_finite_is_refused_whatever_the_limits()
    {
        Assert.False(StepAcceptance.Judge(Losses(16, double.NaN, 0), StepLimits.None, 1, null, 1).Accepted);
        Assert.False(StepAcceptance.Judge(Losses(16, double.NaN, 0), new StepLimits(1, null, false), 1, null, 1).Accepted);
    }

    [Fact]
    public void A_drop_refuses_only_when_the_bound_shows_that_it_is_too_large()
    {
        StepLimits limits = new(null, 0.01, false);
        // 3 of 256 lost: 1.2 points, but the bootstrap cannot tell that from one point.
        StepVerdict doubtful = StepAcceptance.Judge(Drops(256, 3), limits, 1, null, 7);
        Assert.True(doubtful.Accepted);
        Assert.InRange(doubtful.Drop!.Value.Lower, 0, 0.011);
        Assert.InRange(doubtful.Drop.Value.Upper, 0.015, 0.05);
        StepVerdict clear = StepAcceptance.Judge(Drops(256, 20), limits, 1, null, 7);
        Assert.False(clear.Accepted);
        Assert.InRange(clear.Drop!.Value.Lower, 0.03, 20.0 / 256);
    }

    [Fact]
    public void Without_labels_a_drop_of_accuracy_is_bounded_by_disagreement()
    {
        HoldOutFigures figures = Drops(256, 20) with { AccuracyDrop = null, Agreement = [.. Enumerable.Range(0, 256).Select(i => i < 40 ? 0.0 : 1.0)] };
        Assert.False(StepAcceptance.Judge(figures, new StepLimits(null, 0.05, false), 1, null, 7).Accepted);
        Assert.False(StepAcceptance.Judge(figures, new StepLimits(null, 0.05, true), 1, null, 7).Accepted);
        Assert.True(StepAcceptance.Judge(figures, new StepLimits(null, 0.2, true), 1, null, 7).Accepted);
    }

    [Fact]
    public void Bootstrap_bounds_hold_as_often_as_they_say_and_are_the_same_each_time()
    {
        int below = 0, above = 0;
        const int Trials = 300;
        for (int trial = 0; trial < Trials; trial++)
        {
            Random random = new(trial);
            double[] values = [.. Enumerable.Range(0, 100).Select(_ => random.NextDouble() < 0.3 ? 1.0 : 0.0)];
            (double lower, double upper) = SampleMean.Bootstrap(values, 5, draws: 400);
            if (lower > 0.3) below++;
            if (upper < 0.3) above++;
            Assert.Equal((lower, upper), SampleMean.Bootstrap(values, 5, draws: 400));
        }
        // 5 % expected on each side; three standard deviations of 300 trials are 3.8 points.
        Assert.InRange((double)below / Trials, 0.012, 0.10);
        Assert.InRange((double)above / Trials, 0.012, 0.10);
    }

    [Fact]
    public void Nothing_held_back_means_nothing_is_refused_and_it_is_said()
    {
        StepVerdict verdict = StepAcceptance.Judge(null, new StepLimits(0.01, 0.01, false), 1, 0.1, 1);
        Assert.True(verdict.Accepted);
        Assert.Contains("held back", verdict.Reason, StringComparison.Ordinal);
    }

    private static HoldOutFigures Losses(int samples, double mean, double spread) =>
        new([.. Enumerable.Range(0, samples).Select(i => mean + (i % 2 == 0 ? spread : -spread))], null, null);

    private static HoldOutFigures Drops(int samples, int lost) => new(
        [.. Enumerable.Repeat(0.01, samples)], [.. Enumerable.Range(0, samples).Select(i => i < lost ? 0.0 : 1.0)], [.. Enumerable.Range(0, samples).Select(i => i < lost ? 1.0 : 0.0)]);
}
