using System.Buffers;
using System.Numerics;

namespace PruneTasks.Imaging;

/// <summary>
/// Turns one image into one tensor of <typeparamref name="T"/> as <see cref="ImageSettings"/> say. The order is: colour,
/// resize, crop, scale, mean, std. Since pixels have 8 bits the last three are one table of 256 values per channel, computed
/// in double. Safe for use from several threads.
/// </summary>
/// <typeparam name="T">Element type of the tensor; integers are rounded half to even and saturated.</typeparam>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
sealed class ImagePreprocessor<T>
    where T : unmanaged, INumberBase<T>
{
    private readonly T[] _values;

    /// <summary>Builds the table.</summary>
    /// <exception cref="ArgumentException">A size below 1, a mean or std of the wrong length, or a std of 0.</exception>
    public ImagePreprocessor(ImageSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Height, 1);
        Settings = settings;
        ElementCount = checked(settings.Width * settings.Height * settings.Channels);
        _values = new T[256 * settings.Channels];
        bool integer = T.CreateTruncating(0.5) == T.Zero;
        for (int channel = 0; channel < settings.Channels; channel++)
        {
            double mean = OfChannel(settings.Mean, channel, 0.0, "mean");
            double std = OfChannel(settings.Std, channel, 1.0, "std");
            if (std == 0.0 || !double.IsFinite(std))
                throw new ArgumentException($"The std of channel {channel} is {std}.", nameof(settings));
            for (int pixel = 0; pixel < 256; pixel++)
            {
                double value = ((pixel * settings.Scale) - mean) / std;
                _values[(256 * channel) + pixel] = T.CreateSaturating(integer ? Math.Round(value) : value);
            }
        }
    }

    /// <summary>What this preprocessor does.</summary>
    public ImageSettings Settings { get; }

    /// <summary>Elements written per image: channels · height · width.</summary>
    public int ElementCount { get; }

    /// <summary>Writes the tensor of one image.</summary>
    /// <param name="pixels">Rows from top to bottom.</param>
    /// <param name="width">Pixels per row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    /// <param name="format">Order of the bytes in a pixel.</param>
    /// <param name="destination">Takes <see cref="ElementCount"/> elements; what lies after them is left alone.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit each other, or an image that these settings cannot bring to the model's size.</exception>
    public void Run(ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelFormat format, Span<T> destination)
    {
        PixelReader reader = new(format);
        PixelReader.CheckSource(pixels.Length, width, height, stride, reader.BytesPerPixel);
        if (destination.Length < ElementCount)
            throw new ArgumentException($"The destination holds {destination.Length} elements; an image needs {ElementCount}.", nameof(destination));
        ResizeGeometry geometry = ResizeGeometry.Fit(width, height, Settings);
        int channels = Settings.Channels;
        int windowLength = geometry.WindowWidth * channels;
        byte[]? resized = null;
        if (geometry.Width != width || geometry.Height != height)
        {
            resized = ArrayPool<byte>.Shared.Rent(windowLength * geometry.WindowHeight);
            Resampler.Resize(pixels, width, height, stride, reader, geometry, Settings, resized);
        }
        int rowLength = Settings.Width * channels;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(rowLength);
        Span<byte> row = buffer.AsSpan(0, rowLength);
        row.Fill(Settings.Pad);
        Span<byte> window = row.Slice(geometry.BarLeft * channels, windowLength);
        for (int i = 0; i < geometry.WindowHeight; i++)
        {
            if (resized is not null)
                resized.AsSpan(i * windowLength, windowLength).CopyTo(window);
            else
                reader.ReadRow(pixels.Slice(((geometry.Top + i) * stride) + (geometry.Left * reader.BytesPerPixel), geometry.WindowWidth * reader.BytesPerPixel), channels, window);
            WriteRow(row, geometry.BarTop + i, destination);
        }
        row.Fill(Settings.Pad);
        for (int y = 0; y < Settings.Height; y++)
        {
            if (y < geometry.BarTop || y >= geometry.BarTop + geometry.WindowHeight)
                WriteRow(row, y, destination);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        if (resized is not null)
            ArrayPool<byte>.Shared.Return(resized);
    }

    /// <summary>Looks up a row of red, green, blue or luma and puts it where the layout and the colour order say.</summary>
    private void WriteRow(ReadOnlySpan<byte> row, int y, Span<T> destination)
    {
        int channels = Settings.Channels;
        int width = Settings.Width;
        for (int channel = 0; channel < channels; channel++)
        {
            ReadOnlySpan<T> values = _values.AsSpan(256 * channel, 256);
            int source = Settings.Color == ImageColor.Bgr ? 2 - channel : channel;
            if (Settings.Layout == ImageLayout.Nchw)
            {
                Span<T> plane = destination.Slice(((channel * Settings.Height) + y) * width, width);
                for (int x = 0; x < plane.Length; x++, source += channels)
                    plane[x] = values[row[source]];
                continue;
            }
            Span<T> pixels = destination.Slice(y * width * channels, width * channels);
            for (int x = channel; x < pixels.Length; x += channels, source += channels)
                pixels[x] = values[row[source]];
        }
    }

    private static double OfChannel(double[] values, int channel, double otherwise, string name) => values.Length switch
    {
        0 => otherwise,
        1 => values[0],
        _ when channel < values.Length => values[channel],
        _ => throw new ArgumentException($"'{name}' has {values.Length} values, fewer than the tensor has channels."),
    };
}
