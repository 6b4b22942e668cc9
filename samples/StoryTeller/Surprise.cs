namespace StoryTeller;

/// <summary>How well a model foresees texts.</summary>
internal static class Surprise
{
    /// <summary>The exponential of the mean cross entropy of the next token: 1 for a model that always knows it.</summary>
    public static double Perplexity(IEnumerable<int[]> texts, Func<int[], float[][]> scoresOf)
    {
        var (sum, count) = (0.0, 0);
        foreach (var ids in texts)
        {
            var scores = scoresOf(ids);
            for (var i = 0; i + 1 < ids.Length; i++, count++)
                sum -= scores[i][ids[i + 1]] - LogSum(scores[i]);
        }

        return Math.Exp(sum / count);
    }

    private static double LogSum(float[] scores)
    {
        double largest = scores.Max();
        return largest + Math.Log(scores.Sum(score => Math.Exp(score - largest)));
    }
}
