using System.Numerics;
using System.Runtime.CompilerServices;

namespace PruneTasks.Runtime;

/// <summary>From a model's class scores to the best classes with their probabilities.</summary>
internal static class ClassScores
{
    /// <summary>How far from 1 the sum of scores may be that are taken for probabilities: half precision needs that much.</summary>
    private const double DistributionTolerance = 1e-3;

    /// <summary>
    /// Writes the best classes, best first, equal scores by class index. The probability is the softmax of the scores, except
    /// where they already are a distribution (none negative, sum 1), as from a model that ends in Softmax.
    /// </summary>
    /// <returns>Classes written: the smaller of the number of scores and the destination's length.</returns>
    public static int Top<TScore, TLabel>(ReadOnlySpan<TScore> scores, Span<Prediction<TLabel>> destination)
        where TScore : unmanaged, INumberBase<TScore>
        where TLabel : unmanaged
    {
        int count = Math.Min(scores.Length, destination.Length);
        if (count == 0)
            return 0;
        (double offset, double divisor, bool exponent) = Normaliser(scores);
        int filled = 0;
        Span<Prediction<TLabel>> best = destination[..count];
        for (int i = 0; i < scores.Length; i++)
        {
            double score = double.CreateTruncating(scores[i]);
            float probability = (float)((exponent ? Math.Exp(score - offset) : score) / divisor);
            if (filled == count && !(probability > best[count - 1].Score))
                continue;
            int at = filled < count ? filled++ : count - 1;
            for (; at > 0 && probability > best[at - 1].Score; at--)
                best[at] = best[at - 1];
            best[at] = new Prediction<TLabel>(Label<TLabel>(i), probability);
        }
        return count;
    }

    private static (double Offset, double Divisor, bool Exponent) Normaliser<TScore>(ReadOnlySpan<TScore> scores)
        where TScore : unmanaged, INumberBase<TScore>
    {
        double max = double.NegativeInfinity, min = double.PositiveInfinity, sum = 0, exponentials = 0;
        foreach (TScore value in scores)
        {
            double score = double.CreateTruncating(value);
            max = Math.Max(max, score);
            min = Math.Min(min, score);
            sum += score;
        }
        if (scores.Length > 1 && min >= 0 && Math.Abs(sum - 1) <= DistributionTolerance)
            return (0, 1, false);
        foreach (TScore value in scores)
            exponentials += Math.Exp(double.CreateTruncating(value) - max);
        return (max, exponentials, true);
    }

    /// <summary>Label enums are generated with int as their type and the class index as value.</summary>
    private static TLabel Label<TLabel>(int index)
        where TLabel : unmanaged
    {
        if (Unsafe.SizeOf<TLabel>() != sizeof(int))
            throw new NotSupportedException($"{typeof(TLabel)} is not of the size of an int.");
        return Unsafe.As<int, TLabel>(ref index);
    }
}
