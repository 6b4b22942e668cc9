namespace PruneTasks.Onnx.Shapes;

/// <summary>Contents of reductions.</summary>
internal static class Reductions
{
    public static Action<NodeContext> Reduce(double start, Func<double, double, double> step, Func<double, long, double>? finish = null) => c =>
    {
        TensorData x = c.Content(0)!;
        Numbers numbers = Numbers.Read(x);
        HashSet<int> axes = ReduceRules.Axes(c, x.Shape.Count);
        long[] shape = [.. x.Shape], strides = Dims.Strides(shape);
        long[] kept = [.. shape.Select((d, i) => axes.Contains(i) ? 1 : d)], to = Dims.Strides(kept);
        var results = new double[Dims.Count(kept)];
        Array.Fill(results, start);
        for (long i = 0; i < x.Count; i++)
        {
            long at = 0;
            for (int a = 0; a < shape.Length; a++) at += axes.Contains(a) ? 0 : i / strides[a] % shape[a] * to[a];
            results[at] = step(results[at], numbers.At(i));
        }
        long reduced = results.Length == 0 ? 0 : x.Count / results.Length;
        c.SetContent(0, Numbers.Write(c.OutputType(0), c.OutputShape(0), i => finish is null ? results[i] : finish(results[i], reduced)));
    };
}
