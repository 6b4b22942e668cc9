using PruneTasks.Onnx;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Benchmarks;

/// <summary>Dense against pruned in ONNX Runtime, one thread, by the worker's own meter.</summary>
internal static class LatencyPair
{
    /// <summary>Median time of the dense model / that of the pruned one.</summary>
    /// <param name="dense">Path of the dense model.</param>
    /// <param name="pruned">Path of the pruned model.</param>
    /// <param name="shape">Shape of its float32 input, the batch first.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    public static double Ratio(string dense, string pruned, long[] shape, CancellationToken cancellation)
    {
        // What the numbers are does not change the time of these operators, as long as none is denormal or not finite.
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 4) - 2))];
        using OrtSession a = OrtSession.Load(dense, 1), b = OrtSession.Load(pruned, 1);
        return LatencyMeter.Measure(a, b, new Sample("random", [TensorData.FromFloats(ElementType.Float32, shape, values)], null), cancellation).Ratio;
    }
}
