namespace PruneTasks.Pruning.Tests.Steps;

public sealed class UnitBufferTests
{
    [Fact]
    public void The_buffer_takes_the_step_and_a_quarter_more_in_the_order_given()
    {
        UnitBuffer buffer = UnitBuffer.Full(16);
        IReadOnlyList<int> order = [.. Enumerable.Range(0, 16).Reverse()];
        Assert.Equal([15, 14, 13, 12, 11, 10, 9, 8, 7, 6], buffer.Overshoot(order, 8, 0.25));
        Assert.Equal([15, 14, 13, 12, 11, 10, 9, 8], buffer.Overshoot(order, 8, 0));
        Assert.Empty(buffer.Overshoot(order, 16, 0.25));
    }

    [Fact]
    public void One_unit_always_stays_outside()
    {
        UnitBuffer buffer = new(8, [0, 1, 2], []);
        Assert.Equal([3, 4, 5, 6], buffer.Overshoot([3, 4, 5, 6, 7], 1, 3));
        Assert.Equal([3, 4, 5, 6], buffer.Overshoot([3, 4, 5, 6, 7], 2, 3));
    }

    [Fact]
    public void Restored_units_are_barred_for_one_step()
    {
        UnitBuffer buffer = UnitBuffer.Full(8).After([0, 2], [1]);
        Assert.Equal([1, 3, 4, 5, 6, 7], buffer.Live);
        Assert.Equal([3, 4, 5], buffer.Overshoot([1, 3, 4, 5, 6, 7], 4, 0.25));
        buffer = buffer.After([3, 4], []);
        Assert.Equal([1, 5], buffer.Overshoot([1, 5, 6, 7], 3, 1));
    }

    [Fact]
    public void Barred_units_go_where_the_step_cannot_be_made_without_them_but_never_to_overshoot()
    {
        UnitBuffer buffer = new(6, [5], [0, 1, 2]);
        Assert.Equal([3, 4, 0], buffer.Overshoot([0, 1, 2, 3, 4], 2, 1));
        Assert.Equal([3, 4], buffer.Overshoot([0, 1, 2, 3, 4], 3, 1));
    }

    [Fact]
    public void The_smallest_regrets_are_committed_and_of_equals_the_first()
    {
        Settlement settlement = RegretSettlement.Settle([new(7, 3), new(2, 1), new(9, 1), new(4, 2), new(5, 1)], 3);
        Assert.Equal([2, 5, 9], settlement.Committed);
        Assert.Equal([4, 7], settlement.Restored);
        Assert.Equal(0, settlement.Swaps);
        Assert.Equal([2, 9], RegretSettlement.Settle([new(2, 1), new(9, 1), new(5, 1)], 2).Committed);
    }

    [Fact]
    public void A_measurement_overrules_the_local_regret_only_beyond_two_standard_errors()
    {
        BufferedUnit[] buffered = [new(0, 1), new(1, 2), new(2, 3), new(3, 4)];
        double[] noise = [.. Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? 0.1 : -0.1)];
        // Unit 1 would go and gains clearly; unit 2 would stay and gains nothing.
        Dictionary<int, IReadOnlyList<double>> clear = new() { [1] = [.. noise.Select(n => 0.5 + n)], [2] = noise };
        Settlement swapped = RegretSettlement.Settle(buffered, 2, clear);
        Assert.Equal([0, 2], swapped.Committed);
        Assert.Equal([1, 3], swapped.Restored);
        Assert.Equal(1, swapped.Swaps);
        Dictionary<int, IReadOnlyList<double>> doubtful = new() { [1] = [.. noise.Select((n, i) => 0.01 + (i % 3 == 0 ? 3 * n : n))], [2] = [.. Enumerable.Repeat(0.0, 64)] };
        Assert.Equal(0, RegretSettlement.Settle(buffered, 2, doubtful).Swaps);
    }

    [Fact]
    public void Units_next_to_the_line_are_tried_the_closest_pairs_first()
    {
        IReadOnlyList<BufferedUnit> close = [new(0, 1), new(1, 1.9), new(2, 2)], far = [new(0, 1), new(1, 8)];
        Assert.Equal([(1, 1), (1, 2), (0, 0), (0, 1)], RegretSettlement.AtTheLine([(far, 1), (close, 2)], 8));
        Assert.Equal([(1, 1), (1, 2)], RegretSettlement.AtTheLine([(far, 1), (close, 2)], 2));
    }
}
