using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Tests.Evaluation;

public class ScoresTests
{
    [Fact]
    public void Top_is_the_first_of_the_largest() => Assert.Equal(1, Scores.Top([0, 3, 3, 2]));

    [Fact]
    public void Kl_of_logits_is_that_of_their_softmax()
    {
        // softmax(ln 3, 0) = (3/4, 1/4); softmax(0, 0) = (1/2, 1/2).
        double expected = (0.75 * Math.Log(1.5)) + (0.25 * Math.Log(0.5));
        Assert.Equal(expected, Scores.KlOfLogits([(float)Math.Log(3), 0], [5, 5]), 6);
        Assert.Equal(expected, Scores.KlOfProbabilities([0.75f, 0.25f], [0.5f, 0.5f]), 12);
    }

    [Fact]
    public void Kl_of_large_logits_is_finite() => Assert.Equal(0, Scores.KlOfLogits([3e38f, 0], [3e38f, 0]), 12);

    [Fact]
    public void Kl_to_a_probability_of_zero_is_finite() => Assert.InRange(Scores.KlOfProbabilities([1, 0], [0, 1]), 20, 30);

    [Theory]
    [InlineData(true, 0.25f, 0.75f)]
    [InlineData(false, 0.25f, 0.5f)]
    [InlineData(false, -0.25f, 1.25f)]
    [InlineData(false, float.NaN, 1f)]
    public void Probabilities_are_told_from_logits(bool expected, float a, float b) => Assert.Equal(expected, Scores.AreProbabilities([a, b]));
}
