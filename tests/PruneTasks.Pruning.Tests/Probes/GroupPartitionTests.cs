namespace PruneTasks.Pruning.Tests.Probes;

public sealed class GroupPartitionTests
{
    private const int Groups = 12;

    private static readonly string[] Names = [.. Enumerable.Range(0, Groups).Select(j => $"g{j}")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Planted_groups_are_found(int seed)
    {
        GroupPartition partition = GroupPartition.Of(Names, Sample(64, seed, personal: true), Sample(64, seed + 100, personal: false), 200, seed);
        Assert.True(partition.Separable, $"{partition.Spread} {partition.NullSpread} {partition.Further}");
        Assert.All(partition.Groups.Take(3), g => Assert.Equal(GroupClass.Personal, g.Class));
        Assert.All(partition.Groups.Skip(3).Take(3), g => Assert.Equal(GroupClass.Common, g.Class));
        Assert.All(partition.Groups, g => Assert.InRange(g.Score, g.Interval.Low - 0.2, g.Interval.High + 0.2));
        Assert.True(partition.Spread > 2 * partition.NullSpread);
    }

    [Fact]
    public void Two_samples_of_the_same_data_are_seldom_separable_and_then_nothing_is_decided()
    {
        int separable = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            GroupPartition partition = GroupPartition.Of(Names, Sample(48, seed, personal: false), Sample(48, seed + 1000, personal: false), 60, seed);
            if (partition.Separable) separable++;
            else Assert.All(partition.Groups, g => Assert.Equal(GroupClass.Undecided, g.Class));
        }
        Assert.InRange(separable, 0, 4);
    }

    [Fact]
    public void The_same_seed_gives_the_same_partition()
    {
        GroupPartition Once() => GroupPartition.Of(Names, Sample(20, 1, true), Sample(20, 2, false), 50, 9);
        Assert.Equal(Once().Groups, Once().Groups);
    }

    [Fact]
    public void The_size_of_all_prices_does_not_matter()
    {
        PriceSample personal = Sample(30, 5, true), common = Sample(30, 6, false);
        GroupPartition one = GroupPartition.Of(Names, personal, common, 50, 1);
        GroupPartition scaled = GroupPartition.Of(Names, personal with { Prices = taken => [.. personal.Prices(taken).Select(v => 10 * v)] }, common, 50, 1);
        Assert.All(one.Groups.Zip(scaled.Groups), p => Assert.Equal(p.First.Score, p.Second.Score, 9));
        Assert.Throws<ArgumentException>(() => GroupPartition.Of(Names, personal with { Samples = 3 }, common, 50, 1));
    }

    [Fact]
    public void Prices_recovered_from_random_sets_tell_planted_groups_apart_too()
    {
        ProbeDesign design = ProbeDesign.Create(Groups, 0.25, 60, 1);
        double[][] Probe(double[][] alone) => [.. alone.Select(s => (double[])[.. design.Probes.Select(p => p.Groups.Sum(g => s[g]))])];
        double[][] personal = Probe(Raw(64, 3, true)), common = Probe(Raw(64, 4, false));
        Recovery recovery = SparseRecovery.Recover(design, [.. design.Probes.Select((_, i) => common.Average(s => s[i]))]);
        GroupPartition partition = GroupPartition.Of(
            Names, PriceSample.Recovered(design, personal, recovery), PriceSample.Recovered(design, common, recovery), 60, 1);
        Assert.True(partition.Separable);
        Assert.All(partition.Groups.Take(3), g => Assert.True(g.Score > 0));
        Assert.All(partition.Groups.Skip(3).Take(3), g => Assert.True(g.Score < 0));
    }

    [Fact]
    public void Groups_are_looked_at_one_by_one_unless_that_costs_too_much()
    {
        Assert.True(ProbeChoice.Of(18, 10.5, 40).Alone);
        ProbeChoice many = ProbeChoice.Of(2000, 1100, 400);
        Assert.False(many.Alone);
        Assert.Equal(399, many.Probes);
        Assert.Contains("2000 groups, 1100 passes one by one, 400 allowed: 399 random sets", many.Reason, StringComparison.Ordinal);
        // Never more random sets than passes one by one.
        Assert.True(ProbeChoice.Of(10, 5.5, 3).Alone);
    }

    /// <summary>Prices with log-normal noise that all groups of a sample partly share; on personal data the first three cost double, the next three half.</summary>
    private static PriceSample Sample(int count, int seed, bool personal) => PriceSample.Alone(Raw(count, seed, personal));

    private static double[][] Raw(int count, int seed, bool personal)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double size = Math.Exp(Normal(random));
            return (double[])[.. Enumerable.Range(0, Groups).Select(j => size * Math.Exp(0.5 * Normal(random)) * (1 + (j % 4)) * (!personal || j >= 6 ? 1 : j < 3 ? 2 : 0.5))];
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
