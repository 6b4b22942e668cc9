namespace PruneTasks.Worker.Evaluation;

/// <summary>Compares rows of class scores. All sums are in float64.</summary>
internal static class Scores
{
    // Below this a probability of the pruned model counts as this: KL stays finite. Float32 softmax gives 0 from about 1e-38 on.
    private const double LeastProbability = 1e-12;

    /// <summary>The index of the largest score; the first of equals.</summary>
    public static int Top(ReadOnlySpan<float> row)
    {
        int best = 0;
        for (int i = 1; i < row.Length; i++)
        {
            if (row[i] > row[best]) best = i;
        }
        return best;
    }

    /// <summary>KL(softmax(dense) ‖ softmax(pruned)) in nats.</summary>
    public static double KlOfLogits(ReadOnlySpan<float> dense, ReadOnlySpan<float> pruned)
    {
        double denseLog = LogSumExp(dense);
        double prunedLog = LogSumExp(pruned);
        double sum = 0;
        for (int i = 0; i < dense.Length; i++)
        {
            double p = dense[i] - denseLog;
            sum += Math.Exp(p) * (p - (pruned[i] - prunedLog));
        }
        return sum;
    }

    /// <summary>KL(dense ‖ pruned) in nats for rows that are probabilities already.</summary>
    public static double KlOfProbabilities(ReadOnlySpan<float> dense, ReadOnlySpan<float> pruned)
    {
        double sum = 0;
        for (int i = 0; i < dense.Length; i++)
        {
            if (dense[i] > 0) sum += dense[i] * Math.Log(dense[i] / Math.Max(pruned[i], LeastProbability));
        }
        return sum;
    }

    /// <summary>−log of the probability of one class, in nats.</summary>
    public static double Surprise(ReadOnlySpan<float> row, int index) =>
        AreProbabilities(row) ? -Math.Log(Math.Max(row[index], LeastProbability)) : LogSumExp(row) - row[index];

    /// <summary>Cosine of two rows; 1 if both are zero, 0 if one is.</summary>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }
        return first == 0 || second == 0 ? (first == second ? 1 : 0) : product / Math.Sqrt(first * second);
    }

    /// <summary>No entry is negative and the sum is 1 within 1e-3 (float16 softmax needs as much).</summary>
    public static bool AreProbabilities(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float entry in row)
        {
            if (!(entry >= 0)) return false;
            sum += entry;
        }
        return Math.Abs(sum - 1) <= 1e-3;
    }

    private static double LogSumExp(ReadOnlySpan<float> row)
    {
        double most = row[Top(row)];
        double sum = 0;
        foreach (float entry in row) sum += Math.Exp(entry - most);
        return most + Math.Log(sum);
    }
}
