using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>
/// The outputs of a network that are watched, as one tensor: a single output as it is; of several, each less its mean and over its deviation and the root of its size,
/// side by side. The squared error of that tensor, as a share of its variance, is the mean of the outputs' own shares, whatever their shapes and scales.
/// </summary>
public sealed class WatchedOutputs
{
    private readonly double[] _means, _scales;

    private WatchedOutputs(IReadOnlyList<Value> values, double[] means, double[] scales) => (Values, _means, _scales) = (values, means, scales);

    /// <summary>The outputs.</summary>
    public IReadOnlyList<Value> Values { get; }

    /// <summary>One output.</summary>
    public static implicit operator WatchedOutputs(Value output) => new([output], [], []);

    /// <summary>One output.</summary>
    public static WatchedOutputs FromValue(Value output) => output;

    /// <summary>
    /// What a task is judged by: the first output where that is a distribution over classes; else all outputs of real numbers, their scales taken from one batch of the dense
    /// network; integers (as of an ArgMax) only where there is nothing else.
    /// </summary>
    /// <param name="dense">The dense network.</param>
    /// <param name="observation">How answers of the task are compared.</param>
    /// <param name="samples">Samples of it.</param>
    public static WatchedOutputs Of(LoweredGraph dense, Observation observation, CalibrationBatches samples)
    {
        Value[] real = [.. dense.Graph.Outputs.Where(o => o.Type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64)];
        if (observation == Observation.Divergence || real.Length == 0) return dense.Graph.Outputs[0];
        if (real.Length == 1) return real[0];
        using var off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        List<Value> values = [];
        List<double> means = [], scales = [];
        foreach ((Value value, Tensor tensor) in real.Zip(dense.Run(samples.Batches[0], real)))
        {
            // Nothing to see: empty, or the same everywhere.
            if (tensor.numel() == 0) continue;
            Tensor content = tensor.to(float64);
            double mean = content.mean().item<double>(), variance = (content - mean).square().mean().item<double>();
            if (!(variance > 1e-12 * mean * mean) || !double.IsFinite(variance)) continue;
            values.Add(value);
            means.Add(mean);
            scales.Add(1 / Math.Sqrt(variance * tensor.numel()));
        }
        return values.Count == 0 ? real[0] : new WatchedOutputs(values, [.. means], [.. scales]);
    }

    /// <summary>The tensor; of the caller.</summary>
    /// <param name="run">Computes values.</param>
    internal Tensor Read(Func<Value[], IReadOnlyList<Tensor>> run)
    {
        if (_scales.Length == 0) return Scores(run([.. Values])[0]);
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyList<Tensor> outputs = run([.. Values]);
        // Samples can be told apart where all outputs count them along the first axis.
        long samples = outputs.All(o => o.ndim > 0 && o.shape[0] == outputs[0].shape[0]) ? outputs[0].shape[0] : 1;
        return cat([.. outputs.Select((o, i) => ((o - _means[i]) * _scales[i]).reshape(samples, -1))], dim: 1).MoveToOuterDisposeScope();
    }

    /// <summary>Scores that stand along channels in place of the last axis, as [n, classes, 1, 1] behind a pooled map, brought to [n, classes].</summary>
    internal static Tensor Scores(Tensor output)
    {
        int axes = (int)output.ndim;
        while (axes > 2 && output.shape[axes - 1] == 1) axes--;
        return axes == output.ndim ? output : output.reshape(output.shape[..axes]);
    }
}
