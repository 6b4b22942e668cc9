namespace PruneTasks.Pruning.Tests.Probes;

public sealed class ProbeDesignTests
{
    [Theory]
    [InlineData(18, 0.3, 36)]
    [InlineData(144, 0.05, 200)]
    [InlineData(7, 0.5, 9)]
    [InlineData(5, 1.0, 4)]
    [InlineData(1, 0.3, 3)]
    [InlineData(2000, 0.01, 150)]
    public void Every_group_is_in_equally_many_probes_and_never_twice_in_one(int groups, double share, int count)
    {
        ProbeDesign design = ProbeDesign.Create(groups, share, count, 7);
        Assert.Equal(count, design.Probes.Count);
        int width = (int)Math.Ceiling(share * groups);
        Assert.All(design.Probes, p =>
        {
            Assert.Equal(width, p.Groups.Count);
            Assert.Equal(p.Groups.Distinct().Order(), p.Groups);
            Assert.InRange(p.Groups[0], 0, groups - 1);
            Assert.InRange(p.Groups[^1], 0, groups - 1);
        });
        int[] often = [.. Enumerable.Range(0, groups).Select(j => design.Probes.Count(p => p.Groups.Contains(j)))];
        Assert.InRange(often.Max() - often.Min(), 0, 1);
    }

    [Fact]
    public void The_seed_decides_and_a_prefix_is_the_smaller_design()
    {
        static string Text(ProbeDesign d) => string.Join(";", d.Probes.Select(p => $"{p.Permutation}:{string.Join(",", p.Groups)}"));
        ProbeDesign design = ProbeDesign.Create(40, 0.15, 60, 3);
        Assert.Equal(Text(design), Text(ProbeDesign.Create(40, 0.15, 60, 3)));
        Assert.Equal(Text(design.Take(25)), Text(ProbeDesign.Create(40, 0.15, 25, 3)));
        Assert.NotEqual(Text(design), Text(ProbeDesign.Create(40, 0.15, 60, 4)));
    }

    [Fact]
    public void Probes_of_one_permutation_share_no_group()
    {
        ProbeDesign design = ProbeDesign.Create(30, 0.2, 50, 1);
        // 30 groups in slices of 6: nothing is carried over.
        foreach (IGrouping<int, Probe> permutation in design.Probes.GroupBy(p => p.Permutation))
            Assert.Equal(permutation.Sum(p => p.Groups.Count), permutation.SelectMany(p => p.Groups).Distinct().Count());
    }
}
