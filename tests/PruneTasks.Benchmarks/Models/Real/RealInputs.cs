using System.Buffers.Binary;
using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Testing.Tokens;
using PruneTasks.Worker.Data;

namespace PruneTasks.Benchmarks.Models.Real;

/// <summary>Turns files that the worker does not read into the one input of a model.</summary>
internal static class RealInputs
{
    private const int TextWindows = 384, TextWindow = 128;

    /// <summary>Samples.</summary>
    /// <param name="how">See <see cref="DataEntry.Convert"/>.</param>
    /// <param name="from">Folder or file.</param>
    /// <param name="vocabulary">Vocabulary file, for text.</param>
    /// <param name="inputs">The model's inputs: one.</param>
    public static IReadOnlyList<Sample> Convert(string how, string from, string vocabulary, IReadOnlyList<ModelInput> inputs)
    {
        ModelInput input = inputs.Single();
        return how switch
        {
            "wav" => [.. Files(from, "*.wav").SelectMany(f => Signals(f, (int)input.Shape![^1].Size!))],
            "bytes" => [.. Files(from, "*").Select(f => Sample(f, Bytes(File.ReadAllBytes(f), (int)input.Shape![^1].Size!)))],
            "csv" => [.. File.ReadLines(from).Where(line => line.Length > 0).Select((line, i) => Row(line, $"{i}"))],
            "text" => Text(from, vocabulary),
            _ => throw new InvalidDataException($"'{how}' is no way to convert data"),
        };

        Sample Sample(string source, TensorData data) => new(source, [TensorConversion.To(data, input.Type)], null);

        IEnumerable<Sample> Signals(string file, int length)
        {
            float[] samples = Wav(File.ReadAllBytes(file));
            // Half windows apart; what is left at the end is silence.
            for (int at = 0; at == 0 || at + (length / 2) < samples.Length; at += length / 2)
                yield return Sample($"{file}@{at}", TensorData.Of([1, length], [.. Enumerable.Range(at, length).Select(i => i < samples.Length ? samples[i] : 0f)]));
        }

        Sample Row(string line, string source)
        {
            float[] values = [.. line.Split(',').Skip(1).Select(x => float.Parse(x, CultureInfo.InvariantCulture))];
            return Sample(source, TensorData.Of([1, values.Length], values));
        }
    }

    private static IEnumerable<string> Files(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>The first half of the input from the beginning of a file without leading white space, the second from its end; 256 where there is none.</summary>
    private static TensorData Bytes(byte[] file, int length)
    {
        int half = length / 2;
        ReadOnlySpan<byte> white = " \t\n\v\f\r"u8, head = file.AsSpan().TrimStart(white), tail = file.AsSpan().TrimEnd(white);
        var values = new long[length];
        Array.Fill(values, 256);
        for (int i = 0; i < Math.Min(half, head.Length); i++) values[i] = head[i];
        for (int i = 0; i < Math.Min(half, tail.Length); i++) values[length - 1 - i] = tail[tail.Length - 1 - i];
        return TensorData.Of([1, length], values);
    }

    /// <summary>Samples of a 16-bit PCM file, the first channel, from -1 to 1.</summary>
    private static float[] Wav(ReadOnlySpan<byte> file)
    {
        int channels = 1;
        for (int at = 12; at + 8 <= file.Length;)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]);
            ReadOnlySpan<byte> chunk = file.Slice(at + 8, Math.Min(size, file.Length - at - 8));
            if (file.Slice(at, 4).SequenceEqual("fmt "u8)) channels = BinaryPrimitives.ReadInt16LittleEndian(chunk[2..]);
            if (file.Slice(at, 4).SequenceEqual("data"u8))
            {
                var samples = new float[chunk.Length / 2 / channels];
                for (int i = 0; i < samples.Length; i++) samples[i] = BinaryPrimitives.ReadInt16LittleEndian(chunk[(2 * i * channels)..]) / 32768f;
                return samples;
            }
            at += 8 + size + (size & 1);
        }
        throw new InvalidDataException("the file has no samples");
    }

    private static IReadOnlyList<Sample> Text(string from, string vocabulary)
    {
        string text = File.ReadAllText(from);
        var tokenizer = new StoriesTokenizer(File.ReadAllBytes(vocabulary));
        return
        [
            .. Enumerable.Range(0, TextWindows).Select(i =>
            {
                // A token has seldom more than four letters.
                int at = (int)((long)(text.Length - (6 * TextWindow)) * i / TextWindows);
                return new Sample($"{at}", [TensorData.Of([1, TextWindow], [.. tokenizer.Encode(text.Substring(at, 6 * TextWindow)).Take(TextWindow).Select(t => (long)t)])], null);
            }),
        ];
    }
}
