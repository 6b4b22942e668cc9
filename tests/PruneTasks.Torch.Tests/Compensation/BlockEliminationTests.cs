using PruneTasks.Torch.Compensation;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class BlockEliminationTests
{
    private const double Ridge = 0.3;

    // Units of two to three features in one layer, of one in the other; one feature of each belongs to no unit.
    private static readonly int[] First = [0, 0, 1, 1, 2, 2, 2, 3, 3, -1], Second = [3, 2, -1, 1, 0];

    [Fact]
    public void Order_and_costs_are_those_of_greedy_search_by_least_squares()
    {
        using DisposeScope scope = NewDisposeScope();
        ObsPart[] parts = [Part(1, First, 4), Part(2, Second, 7)];
        ObsRanking ranking = BlockElimination.Rank(4, parts);
        List<int> gone = [];
        double before = 0;
        for (int step = 0; step < 4; step++)
        {
            double[] costs = [.. Enumerable.Range(0, 4).Select(u => gone.Contains(u) ? double.PositiveInfinity : parts.Sum(p => Lost(p, [.. gone, u])))];
            int best = Array.IndexOf(costs, costs.Min());
            Assert.Equal(best, ranking.Order[step]);
            gone.Add(best);
            Assert.Equal(costs[best], ranking.Errors[step + 1], 1e-8 * costs[best]);
            Assert.True(costs[best] >= before);
            before = costs[best];
        }
    }

    [Fact]
    public void One_feature_for_each_unit_gives_the_order_of_plain_elimination()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor hessian = Numbers.Correlated(3, 60, 40).Gram(), weight = Numbers.Normal(4, 40, 6);
        ObsRanking plain = ObsElimination.Rank(hessian, weight, Ridge), blocks = BlockElimination.Rank(40, [new ObsPart(hessian, weight, [.. Enumerable.Range(0, 40)], Ridge)]);
        Assert.Equal(plain.Order, blocks.Order);
        Assert.All(plain.Errors.Zip(blocks.Errors), e => Assert.Equal(e.First, e.Second, 1e-6 * (1 + e.First)));
    }

    [Fact]
    public void Units_that_go_at_once_cost_together_what_they_cost_one_by_one()
    {
        using DisposeScope scope = NewDisposeScope();
        ObsPart part = Part(5, First, 4);
        ObsRanking pairs = BlockElimination.Rank(4, [part], atOnce: 2);
        Assert.Equal(Lost(part, [.. pairs.Order.Take(2)]), pairs.Errors[2], 1e-8 * pairs.Errors[2]);
        Assert.Equal(Lost(part, [.. pairs.Order]), pairs.Errors[4], 1e-8 * pairs.Errors[4]);
    }

    [Fact]
    public void Units_without_a_feature_go_first_unless_they_have_a_cost_of_their_own()
    {
        using DisposeScope scope = NewDisposeScope();
        int[] order = BlockElimination.Rank(6, [Part(6, First, 4)], [0, 0, 0, 0, 0, 1e9]).Order;
        Assert.Equal(4, order[0]);
        Assert.Equal(5, order[^1]);
    }

    private static ObsPart Part(int seed, int[] unitOf, int outputs) =>
        new(Numbers.Correlated(seed, 50, unitOf.Length).Gram(), Numbers.Normal(seed + 10, unitOf.Length, outputs), unitOf, Ridge);

    /// <summary>What is lost when these units go and all other features are refitted: min over W′ of ‖X(W − W′)‖² + ridge‖W − W′‖².</summary>
    private static double Lost(ObsPart part, int[] units)
    {
        using DisposeScope scope = NewDisposeScope();
        int n = part.UnitOf.Count;
        int[] gone = [.. Enumerable.Range(0, n).Where(f => units.Contains(part.UnitOf[f]))], kept = [.. Enumerable.Range(0, n).Except(gone)];
        Tensor h = part.Hessian + (eye(n, dtype: float64) * Ridge), w = part.Weight.Rows(gone);
        Tensor mine = h.Rows(gone).Columns(gone), across = h.Rows(gone).Columns(kept);
        Tensor schur = kept.Length == 0 ? mine : mine - across.mm(linalg.solve(h.Rows(kept).Columns(kept), across.t()));
        return (w * schur.mm(w)).sum().item<double>();
    }
}
