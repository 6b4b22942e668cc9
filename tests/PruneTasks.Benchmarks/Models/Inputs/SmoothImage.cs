namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Random pictures whose neighbouring pixels are alike: slow waves, a few discs with edges, little noise. Mean near 0, deviation near 1.</summary>
internal static class SmoothImage
{
    private const int Waves = 6, Discs = 5;

    /// <summary>Draws a picture for each entry of the first axis.</summary>
    /// <param name="shape">Rank 4 or 5; the channels are axis 1, or the last one where only that is small.</param>
    /// <param name="random">Where it comes from.</param>
    public static float[] Draw(long[] shape, Random random)
    {
        bool last = shape[^1] <= 4 && shape[1] > 4;
        int channels = (int)(last ? shape[^1] : shape[1]), width = (int)(last ? shape[^2] : shape[^1]);
        int pixels = (int)shape.Skip(1).Aggregate(1L, (a, b) => a * b) / Math.Max(1, channels), height = pixels / Math.Max(1, width);
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        var plane = new float[pixels];
        for (int sample = 0; sample < shape[0]; sample++)
        {
            Paint(plane, width, height, random);
            for (int c = 0; c < channels; c++)
            {
                // Colours go together, though not quite.
                float gain = (float)(0.7 + (0.3 * InputDraw.Normal(random))), offset = (float)(0.5 * InputDraw.Normal(random));
                for (int p = 0; p < pixels; p++)
                    values[(sample * channels * pixels) + (last ? (p * channels) + c : (c * pixels) + p)] = (gain * plane[p]) + offset + (float)(0.05 * InputDraw.Normal(random));
            }
        }
        return values;
    }

    private static void Paint(float[] plane, int width, int height, Random random)
    {
        Array.Clear(plane);
        for (int wave = 0; wave < Waves; wave++)
        {
            double fx = InputDraw.Normal(random) * 2 * Math.PI / Math.Max(1, width), fy = InputDraw.Normal(random) * 2 * Math.PI / Math.Max(1, height), phase = random.NextDouble() * Math.Tau;
            double amplitude = 0.4 * InputDraw.Normal(random);
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++) plane[(y * width) + x] += (float)(amplitude * Math.Cos((fx * x) + (fy * y) + phase));
            }
        }
        for (int disc = 0; disc < Discs; disc++)
        {
            double cx = random.NextDouble() * width, cy = random.NextDouble() * height, rx = (0.05 + (0.25 * random.NextDouble())) * width, ry = (0.05 + (0.25 * random.NextDouble())) * height;
            float shade = (float)InputDraw.Normal(random);
            for (int y = Math.Max(0, (int)(cy - ry)); y < Math.Min(height, cy + ry); y++)
            {
                for (int x = Math.Max(0, (int)(cx - rx)); x < Math.Min(width, cx + rx); x++)
                {
                    double dx = (x - cx) / rx, dy = (y - cy) / ry;
                    if ((dx * dx) + (dy * dy) < 1) plane[(y * width) + x] += shade;
                }
            }
        }
    }
}
