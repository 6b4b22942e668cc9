using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

/// <summary>Random float64 matrices from a seed, and comparisons.</summary>
internal static class Numbers
{
    internal static Tensor Normal(int seed, params long[] shape)
    {
        Random random = new(seed);
        var values = new double[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
            values[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return tensor(values).reshape(shape);
    }

    internal static Tensor Correlated(int seed, long rows, long features) => Normal(seed, rows, features).mm(Normal(seed + 1, features, features));

    internal static Tensor Centred(this Tensor x) => x - x.mean([0L], true);

    internal static Tensor Gram(this Tensor x) => x.t().mm(x);

    internal static double Squares(this Tensor x) => x.square().sum().item<double>();

    internal static Tensor Rows(this Tensor x, IEnumerable<int> indices) => x.index_select(0, tensor(indices.Select(i => (long)i).ToArray()));

    internal static Tensor Columns(this Tensor x, IEnumerable<int> indices) => x.index_select(1, tensor(indices.Select(i => (long)i).ToArray()));

    internal static void Near(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        double difference = expected.numel() == 0 ? 0 : (expected.to(float64) - actual.to(float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"differ by {difference:g4}, allowed {tolerance:g4}");
    }
}
