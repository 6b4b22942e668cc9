using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>Label-free views of sound and other long signals: each is moved in time by up to a twentieth of its length, its ends reflected.</summary>
internal static class SignalViews
{
    /// <summary>Fewer numbers are features, of which each has a place of its own.</summary>
    private const int LeastLength = 2000;

    /// <summary>Most views of one signal.</summary>
    private const int PerSignal = 8;

    /// <summary>Most memory that all views may take, in bytes.</summary>
    private const long MemoryLimit = 256L << 20;

    /// <summary>One float input [batch, time].</summary>
    public static bool Fits(CalibrationSet set) =>
        set.Inputs.Count == 1 && set.Inputs[0].Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16
        && set.Samples.All(sample => sample.Inputs[0].Shape is [1, >= LeastLength]);

    /// <summary>The samples, and after them moved views of the first <paramref name="moved"/> of them in turn.</summary>
    /// <returns><paramref name="set"/> itself where nothing is to be added.</returns>
    public static CalibrationSet Expand(CalibrationSet set, int moved, int target, int seed)
    {
        if (moved == 0 || !Fits(set)) return set;
        long fits = MemoryLimit / set.Samples[0].Inputs[0].Bytes.Length;
        int total = (int)Math.Min(Math.Min(target, fits), set.Count + ((PerSignal - 1L) * moved));
        if (total <= set.Count) return set;
        Random random = new(seed);
        List<Sample> samples = [.. set.Samples];
        for (int i = 0; samples.Count < total; i++)
        {
            Sample source = set.Samples[i % moved];
            samples.Add(source with { IsView = true, Source = $"{source.Source}#{(i / moved) + 1}", Inputs = [Move(source.Inputs[0], random)] });
        }
        return new CalibrationSet(set.Inputs, samples);
    }

    /// <summary>One moved view.</summary>
    public static TensorData Move(TensorData signal, Random random)
    {
        int length = (int)signal.Shape[1], size = TensorData.SizeOf(signal.Type)!.Value, by = random.Next(-(length / 20), (length / 20) + 1);
        var bytes = new byte[signal.Bytes.Length];
        for (int i = 0; i < length; i++)
        {
            int from = i - by;
            from = from < 0 ? -from : from >= length ? (2 * length) - 2 - from : from;
            signal.Bytes.Span.Slice(from * size, size).CopyTo(bytes.AsSpan(i * size));
        }
        return new TensorData(signal.Type, signal.Shape, bytes);
    }
}
