namespace PruneTasks.Runtime.Tests.Engine;

public sealed class ClassScoresTests
{
    private enum Letter { A, B, C }

    [Fact]
    public void Scores_become_probabilities_by_softmax()
    {
        // exp(0), exp(1), exp(2) over their sum 11.1073
        Prediction<Letter>[] best = new Prediction<Letter>[3];
        Assert.Equal(3, ClassScores.Top<float, Letter>([0, 2, 1], best));
        Assert.Equal([Letter.B, Letter.C, Letter.A], best.Select(prediction => prediction.Label));
        Assert.Equal([0.665241f, 0.244728f, 0.090031f], best.Select(prediction => MathF.Round(prediction.Score, 6)));
    }

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        Prediction<int>[] best = new Prediction<int>[2];
        ClassScores.Top<double, int>([10_000, 10_000, -10_000], best);
        Assert.Equal([new(0, 0.5f), new(1, 0.5f)], best);
    }

    [Fact]
    public void Scores_that_are_a_distribution_stay_as_they_are()
    {
        Prediction<int>[] best = new Prediction<int>[2];
        ClassScores.Top<Half, int>([(Half)0.1f, (Half)0.7f, (Half)0.2f], best);
        Assert.Equal([(1, 0.7f), (2, 0.2f)], best.Select(prediction => (prediction.Label, MathF.Round(prediction.Score, 3))));
    }

    [Fact]
    public void Top_k_equals_sorting_everything_with_ties_by_index()
    {
        Random random = new(11);
        float[] scores = [.. Enumerable.Range(0, 1000).Select(_ => random.Next(50) / 5f)];
        int[] expected = [.. Enumerable.Range(0, 1000).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(20)];
        Prediction<int>[] best = new Prediction<int>[20];
        Assert.Equal(20, ClassScores.Top<float, int>(scores, best));
        Assert.Equal(expected, best.Select(prediction => prediction.Label));
    }

    [Fact]
    public void Fewer_classes_than_asked_for_fill_only_what_there_is()
    {
        Prediction<int>[] best = new Prediction<int>[5];
        Assert.Equal(2, ClassScores.Top<float, int>([1, 2], best));
        Assert.Equal(0, ClassScores.Top<float, int>([1, 2], []));
        Assert.Equal(default, best[2]);
    }
}
