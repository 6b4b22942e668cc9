using PruneTasks.Onnx;

namespace PruneTasks.Pruning.Tests.Steps;

public sealed class StepScheduleTests
{
    private sealed record TestSite(UnitKind Kind, int Units) : PruneSite(Kind, "site", Units, [], null!);

    private static readonly PrunePlan Final = new(
        [new SitePlan(new TestSite(UnitKind.Ffn, 64), new Cost(10, 1, 4), 20), new SitePlan(new TestSite(UnitKind.QueryKey, 8), new Cost(5, 1, 4), 2), new SitePlan(new TestSite(UnitKind.Ffn, 16), new Cost(10, 1, 4), 16)],
        new Cost(10_000, 1_000, 4_000));

    [Fact]
    public void Shares_follow_the_cube_of_what_is_left()
    {
        Assert.Equal([0, 0.578125, 0.875, 0.984375, 1], Enumerable.Range(0, 5).Select(t => StepSchedule.Share(t, 4)));
        Assert.Equal(1, StepSchedule.Share(1, 1));
    }

    [Fact]
    public void The_next_share_lies_beyond_what_is_reached()
    {
        Assert.Equal(0.578125, StepSchedule.Next(0, 4));
        Assert.Equal(0.875, StepSchedule.Next(0.6, 4));
        Assert.Equal(0.875, StepSchedule.Next(0.578125, 4));
        Assert.Equal(1, StepSchedule.Next(1 - 1e-6, 4));
        Assert.Equal(1, StepSchedule.Next(1, 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Widths_narrow_step_by_step_to_the_plan_and_stay_on_the_grid(int align)
    {
        PrunePlan present = StepSchedule.Untouched(Final);
        for (int t = 1; t <= 4; t++)
        {
            PrunePlan next = StepSchedule.At(Final, StepSchedule.Share(t, 4), align, present, new HashSet<int>());
            Assert.All(next.Sites.Zip(present.Sites), p => Assert.InRange(p.First.Keep, 1, p.Second.Keep));
            Assert.All(next.Sites.Zip(Final.Sites), p => Assert.True(p.First.Keep >= p.Second.Keep));
            Assert.True(next.Sites[0].Keep % align == 0 || next.Sites[0].Keep == 20);
            Assert.Equal(16, next.Sites[2].Keep);
            present = next;
        }
        Assert.Equal(Final.Sites.Select(s => s.Keep), present.Sites.Select(s => s.Keep));
    }

    [Fact]
    public void A_frozen_site_keeps_its_width_and_no_site_becomes_wider_again()
    {
        PrunePlan half = StepSchedule.At(Final, 0.5, 1, StepSchedule.Untouched(Final), new HashSet<int> { 0 });
        Assert.Equal([64, 5, 16], half.Sites.Select(s => s.Keep));
        Assert.Equal([42, 5, 16], StepSchedule.At(Final, 0.5, 1, half, new HashSet<int>()).Sites.Select(s => s.Keep));
        PrunePlan back = StepSchedule.At(Final, 0.1, 1, half, new HashSet<int>());
        Assert.Equal(5, back.Sites[1].Keep);
    }

    [Fact]
    public void A_refused_step_is_halved_twice_and_the_third_refusal_ends_the_build()
    {
        StepProgress progress = StepProgress.Start;
        double first = progress.Target(4);
        progress = progress.Refuse(first, 1);
        Assert.Equal(first / 2, progress.Target(4));
        Assert.Equal([1], progress.Frozen);
        progress = progress.Refuse(progress.Target(4), 0);
        Assert.Equal(first / 4, progress.Target(4));
        Assert.Equal([0, 1], progress.Frozen);
        Assert.True(progress.Open);
        Assert.False(progress.Refuse(progress.Target(4), 2).Open);
    }

    [Fact]
    public void An_accepted_step_frees_frozen_sites_and_the_schedule_goes_on_behind_it()
    {
        StepProgress progress = StepProgress.Start.Refuse(0.578125, 1).Accept(0.25, complete: false);
        Assert.Empty(progress.Frozen);
        Assert.Equal(0.578125, progress.Target(4));
        // The last share was accepted with a site frozen: one more attempt, now with that site.
        StepProgress late = progress.Accept(1, complete: false);
        Assert.True(late.Open);
        Assert.Equal(1, late.Target(4));
        Assert.False(late.Accept(1, complete: true).Open);
    }
}
