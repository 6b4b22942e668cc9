using PruneTasks.Torch.Pricing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Pricing;

public sealed class ObservationTests
{
    [Fact]
    public void Divergence_of_logits_is_the_mean_KL_of_their_softmax()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = tensor(new[] { 0f, 0f, MathF.Log(3), 0f }, [2, 2]), changed = tensor(new[] { 0f, 0f, 0f, 0f }, [2, 2]);
        double expected = ((0.75 * Math.Log(0.75 / 0.5)) + (0.25 * Math.Log(0.25 / 0.5))) / 2;
        Assert.Equal(expected, Observations.Of(Observation.Divergence, dense, changed), 6);
    }

    [Fact]
    public void Distributions_are_not_put_through_softmax_again()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = tensor(new[] { 0.75f, 0.25f }, [1, 2]), changed = tensor(new[] { 0.5f, 0.5f }, [1, 2]);
        Assert.Equal((0.75 * Math.Log(1.5)) + (0.25 * Math.Log(0.5)), Observations.Of(Observation.Divergence, dense, changed), 6);
    }

    [Fact]
    public void Squared_error_is_relative_to_the_dense_variance()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = tensor(new[] { 1f, 3f }), changed = tensor(new[] { 2f, 4f });
        Assert.Equal(1, Observations.Of(Observation.SquaredError, dense, changed), 6);
    }
}
