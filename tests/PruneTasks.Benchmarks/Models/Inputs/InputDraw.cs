using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Mean and spread of recorded numbers, which random ones take over.</summary>
internal sealed record Spread(double Mean, double Deviation, long Least, long Most)
{
    /// <summary>Of a tensor; null where it has none.</summary>
    public static Spread? Of(TensorData tensor)
    {
        if (tensor.Count == 0 || TensorData.SizeOf(tensor.Type) is null) return null;
        if (tensor.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.Float64 or ElementType.BFloat16))
            return tensor.ToInt64s() is var whole ? new Spread(0, 1, whole.Min(), whole.Max()) : null;
        float[] values = tensor.ToFloats();
        double mean = values.Average(x => (double)x), deviation = Math.Sqrt(values.Average(x => (x - mean) * (x - mean)));
        return double.IsFinite(deviation) ? new Spread(mean, deviation, 0, 0) : null;
    }
}

/// <summary>Draws inputs by what they stand for.</summary>
internal static class InputDraw
{
    /// <summary>One tensor.</summary>
    /// <param name="guess">What it stands for.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="spread">Of what was recorded; null without.</param>
    /// <param name="longest">Size of the longest open axis of the other inputs, for lengths.</param>
    /// <param name="random">Where it comes from.</param>
    public static TensorData Draw(InputGuess guess, long[] shape, Spread? spread, long longest, Random random)
    {
        int count = checked((int)shape.Aggregate(1L, (a, b) => a * b));
        switch (guess.Role)
        {
            case InputRole.State:
                return Floats(new float[count]);
            case InputRole.Image when guess.IsFloat:
                return Floats(Scaled(SmoothImage.Draw(shape, random), guess.IsBytes ? new Spread(115, 60, 0, 0) : null, guess.IsBytes));
            case InputRole.Image:
                return Whole(Scaled(SmoothImage.Draw(shape, random), new Spread(115, 60, 0, 0), true).Select(x => (long)x));
            case InputRole.Signal:
                return Floats(Scaled(Signal(count, random), new Spread(0, 0.1, 0, 0), false));
            case InputRole.Features:
                return guess.IsFloat ? Floats(Scaled([.. Enumerable.Range(0, count).Select(_ => (float)Normal(random))], null, false)) : Whole(Indices());
            case InputRole.Tokens:
                return Whole(Indices());
            case InputRole.Places:
                return Whole(Enumerable.Range(0, count).Select(i => i % Math.Max(1, shape[^1])));
            case InputRole.Length:
                return Whole(Enumerable.Repeat(Math.Max(1, longest), count));
            case InputRole.Setting:
                return Whole(Enumerable.Repeat(spread?.Least ?? guess.Setting, count));
            default:
                return Whole(Enumerable.Repeat(1L, count));
        }

        IEnumerable<long> Indices() => Enumerable.Range(0, count).Select(_ => random.NextInt64(spread is null || guess.Role == InputRole.Tokens ? guess.Below : spread.Most + 1));

        // The spread of what was recorded is the best there is to know.
        float[] Scaled(float[] values, Spread? usual, bool bytes)
        {
            if ((spread is { Deviation: > 0 } ? spread : usual) is not { } to) return values;
            for (int i = 0; i < values.Length; i++)
            {
                double x = to.Mean + (to.Deviation * values[i]);
                values[i] = (float)(bytes ? Math.Round(Math.Clamp(x, 0, 255)) : x);
            }
            return values;
        }

        TensorData Floats(float[] values) => TensorData.FromFloats(guess.Value.Type, shape, values);
        TensorData Whole(IEnumerable<long> values) => Worker.Data.TensorConversion.To(TensorData.Of(shape, [.. values]), guess.Value.Type);
    }

    /// <summary>Tones that swell and fade over a little noise.</summary>
    private static float[] Signal(int count, Random random)
    {
        var signal = new float[count];
        for (int tone = 0; tone < 6; tone++)
        {
            double frequency = Math.Exp((random.NextDouble() * 5) - 6), phase = random.NextDouble() * Math.Tau, swell = random.NextDouble() * 8 * Math.PI / count;
            double amplitude = Math.Abs(Normal(random));
            for (int i = 0; i < count; i++) signal[i] += (float)(amplitude * Math.Sin((frequency * i) + phase) * (1 + Math.Sin((swell * i) + phase)) / 2);
        }
        for (int i = 0; i < count; i++) signal[i] += (float)(0.05 * Normal(random));
        return signal;
    }

    /// <summary>A normal number (Box and Muller 1958).</summary>
    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble());
}
