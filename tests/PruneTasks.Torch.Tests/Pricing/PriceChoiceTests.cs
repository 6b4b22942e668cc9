using PruneTasks.Onnx;
using PruneTasks.Torch.Pricing;

namespace PruneTasks.Torch.Tests.Pricing;

public sealed class PriceChoiceTests
{
    // One pass over one sample: 1 GMAC; four sites, each in the middle.
    private static readonly PriceWork Work = new(1_000_000_000, 0, [], [0.5, 0.5, 0.5, 0.5]);

    private static readonly PriceSettings Wanted = new() { Output = new Graph("g").AddInput("x", ElementType.Float32, []), Observation = Observation.Divergence, Watched = 64, Statistics = 8 };

    [Fact]
    public void Curves_are_measured_where_there_is_time()
    {
        PriceChoice choice = PriceChoice.Make(null, Wanted, 0.5, Work, 5);
        Assert.Equal(PriceSource.Curves, choice.Settings.Source);
        Assert.Empty(choice.Shortened);
        Assert.Contains("curves", choice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Less_time_means_fewer_samples_then_one_level_then_tails_and_each_is_said()
    {
        (PriceSource Source, int Watched)[] chosen = [.. new[] { 1.0, 0.3, 0.18, 0.1, 0.001 }.Select(minutes => PriceChoice.Make(null, Wanted, 0.35, Work, minutes).Settings).Select(s => (s.Source, s.Watched))];
        Assert.Equal([(PriceSource.Curves, 64), (PriceSource.Curves, 32), (PriceSource.Level, 64), (PriceSource.Level, 32), (PriceSource.Tails, 32)], chosen);
        PriceChoice level = PriceChoice.Make(null, Wanted, 0.35, Work, 0.1);
        Assert.Equal([0.35], level.Settings.Levels);
        Assert.Equal(2, level.Shortened.Count);
        Assert.Contains("level in place of curves", level.Shortened[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Before_a_single_level_every_second_one_is_tried()
    {
        PriceChoice choice = PriceChoice.Make(null, Wanted, 0.35, Work, 0.22);
        Assert.Equal((PriceSource.Curves, 32, 3), (choice.Settings.Source, choice.Settings.Watched, choice.Settings.Levels.Count));
        Assert.Contains(choice.Shortened, line => line.Contains("at 3 widths", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_asked_for_is_done_whatever_it_takes()
    {
        PriceChoice choice = PriceChoice.Make(PriceSource.Fisher, Wanted, 0.5, Work, 0.001);
        Assert.Equal(PriceSource.Fisher, choice.Settings.Source);
        Assert.Single(choice.Shortened);
        Assert.Contains("the least there is", choice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_word_of_the_spec_has_a_source() =>
        Assert.Equal(["curves", "level", "tails", "fisher", "probes"], PriceSources.Rows.Select(row => row.Name));
}
