using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>One layer that reads the units that are ranked, as a linear map y = xW.</summary>
/// <param name="Hessian">XᵀX [features, features], float64.</param>
/// <param name="Weight">W [features, out].</param>
/// <param name="UnitOf">Unit of each feature; -1 for a feature that stays and may make up for others.</param>
/// <param name="Ridge">Added to the diagonal; at least 1e-10 of its mean is.</param>
public sealed record ObsPart(Tensor Hessian, Tensor Weight, IReadOnlyList<int> UnitOf, double Ridge);

/// <summary>Greedy optimal-brain-surgeon elimination of units that own several features, in several layers at once.</summary>
/// <remarks>
/// Removing the features B of a unit costs tr(W_Bᵀ([H⁻¹]_BB)⁻¹W_B) after the best change of the other rows (the block form of Hassibi and Stork 1993;
/// Frantar and Alistarh, "Optimal Brain Compression", 2022, eq. 5). Costs of all layers add up. Of H⁻¹ only what belongs to the units is followed:
/// features that stay act through the first inverse alone.
/// </remarks>
public static class BlockElimination
{
    // Rounds in which the costs are computed anew: where there are more units, several go at once.
    private const int Rounds = 128;
    // Scores closer than this (relative) are equal; the lower index goes first whatever the rounding.
    private const double Tie = 1e-9;

    /// <summary>Ranks all <paramref name="units"/>.</summary>
    /// <param name="units">Number of units.</param>
    /// <param name="parts">The layers.</param>
    /// <param name="constant">[units] costs that no other unit can make up for.</param>
    /// <param name="atOnce">Units of one round; by default so many that there are at most 128 rounds.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="UnfitDataException">A Hessian is not positive semi-definite.</exception>
    public static ObsRanking Rank(int units, IReadOnlyList<ObsPart> parts, IReadOnlyList<double>? constant = null, int? atOnce = null)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        int step = atOnce ?? Math.Max(1, units / Rounds);
        BlockInverse[] layers = [.. parts.Select(p => new BlockInverse(p, units))];
        var gone = new bool[units];
        List<int> order = [];
        List<double> errors = [0];
        while (order.Count < units)
        {
            using var round = NewDisposeScope();
            double[] costs = constant is null ? new double[units] : [.. constant];
            foreach (BlockInverse layer in layers) layer.AddCosts(costs, gone);
            int[] next = Cheapest(costs, gone, Math.Min(step, units - order.Count));
            foreach (int unit in next) gone[unit] = true;
            double joint = next.Sum(unit => constant?[unit] ?? 0), single = next.Sum(unit => costs[unit]);
            foreach (BlockInverse layer in layers) joint += layer.Remove(next);
            // Units of one round: each its share of what they cost together.
            foreach (int unit in next)
            {
                order.Add(unit);
                errors.Add(errors[^1] + (single > 0 ? joint * costs[unit] / single : joint / next.Length));
            }
        }
        foreach (BlockInverse layer in layers) layer.Dispose();
        return new([.. order], [.. errors]);
    }

    private static int[] Cheapest(double[] costs, bool[] gone, int count)
    {
        List<int> chosen = [];
        while (chosen.Count < count)
        {
            double least = double.PositiveInfinity;
            for (int i = 0; i < costs.Length; i++)
                if (!gone[i] && !chosen.Contains(i)) least = Math.Min(least, costs[i]);
            double limit = least * (1 + Tie);
            chosen.Add(Enumerable.Range(0, costs.Length).First(i => !gone[i] && !chosen.Contains(i) && costs[i] <= limit));
        }
        return [.. chosen];
    }
}
