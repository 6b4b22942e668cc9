using System.IO.Compression;
using System.Text;
using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Writes samples as NumPy's <c>.npz</c>, one file for each set of shapes: arrays [samples, …shape of the input], named as the inputs.</summary>
internal static class SampleFile
{
    /// <summary>Writes into a folder.</summary>
    public static void Write(string folder, IReadOnlyList<ModelInput> inputs, IReadOnlyList<Sample> samples)
    {
        Directory.CreateDirectory(folder);
        int number = 0;
        foreach (IGrouping<string, Sample> group in samples.GroupBy(s => string.Join('|', s.Inputs.Select(t => string.Join(',', t.Shape)))))
        {
            using ZipArchive archive = ZipFile.Open(Path.Combine(folder, $"{number++:D4}.npz"), ZipArchiveMode.Create);
            for (int i = 0; i < inputs.Count; i++)
            {
                using Stream stream = archive.CreateEntry(inputs[i].Name + ".npy", CompressionLevel.NoCompression).Open();
                Write(stream, [.. group.Select(s => s.Inputs[i])]);
            }
        }
    }

    private static void Write(Stream stream, TensorData[] tensors)
    {
        // bfloat16 has no name in NumPy: it travels as float32, which holds it exactly.
        if (tensors[0].Type == ElementType.BFloat16) tensors = [.. tensors.Select(t => TensorData.FromFloats(ElementType.Float32, t.Shape, t.ToFloats()))];
        string shape = string.Join(", ", tensors[0].Shape.Prepend(tensors.Length)) + (tensors[0].Shape.Count == 0 ? "," : "");
        string header = $"{{'descr': '{Name(tensors[0].Type)}', 'fortran_order': False, 'shape': ({shape}), }}";
        // Magic (6), version (2), length (2): the header fills up to a multiple of 64 and ends a line.
        header = header.PadRight(((header.Length + 10) / 64 * 64) + 64 - 10 - 1) + "\n";
        using var writer = new BinaryWriter(stream, Encoding.ASCII, leaveOpen: true);
        writer.Write([0x93, .. "NUMPY"u8, 1, 0]);
        writer.Write((ushort)header.Length);
        writer.Write(Encoding.ASCII.GetBytes(header));
        foreach (TensorData tensor in tensors) writer.Write(tensor.Bytes.Span);
    }

    private static string Name(ElementType type) => type switch
    {
        ElementType.Bool => "|b1",
        ElementType.UInt8 => "|u1",
        ElementType.Int8 => "|i1",
        ElementType.Int16 => "<i2",
        ElementType.UInt16 => "<u2",
        ElementType.Int32 => "<i4",
        ElementType.UInt32 => "<u4",
        ElementType.Int64 => "<i8",
        ElementType.UInt64 => "<u8",
        ElementType.Float16 => "<f2",
        ElementType.Float32 => "<f4",
        ElementType.Float64 => "<f8",
        _ => throw new NotSupportedException($"{type} is not written"),
    };
}
