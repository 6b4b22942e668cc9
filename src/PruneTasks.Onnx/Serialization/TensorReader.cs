using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PruneTasks.Onnx.Serialization;

/// <summary>Reads a <c>TensorProto</c>: raw_data as a slice of the file, typed fields unpacked, external data mapped.</summary>
internal static class TensorReader
{
    /// <summary><c>TensorProto.DataLocation</c>: the data lies in another file.</summary>
    public const int External = 1;

    /// <summary>The tensor, or <see langword="null"/> for an element type that <see cref="ElementType"/> does not name (float8, int4): kept, not read.</summary>
    /// <exception cref="OnnxFormatException">Dimensions and data disagree.</exception>
    public static TensorData? Read(WireMessage tensor, ExternalData external)
    {
        var type = (ElementType)tensor.IntOf(TensorFields.DataType);
        List<long> dims = tensor.Ints(TensorFields.Dims);
        long count = CountOf(dims, tensor);
        if (tensor.Last(TensorFields.Segment) is not null) throw Invalid(tensor, "tensors in segments are not supported");
        if (type == ElementType.String)
        {
            if (tensor.All(TensorFields.StringData).Count() != count) throw Invalid(tensor, "a string tensor has the wrong number of elements");
            return new TensorData(type, dims, default);
        }
        if (TensorData.SizeOf(type) is not { } size)
        {
            // What is not read is still not followed to where it must not lie.
            if (tensor.IntOf(TensorFields.DataLocation) == External) _ = external.ReadAll(tensor);
            return null;
        }
        if (count > long.MaxValue / size) throw Invalid(tensor, "a tensor is larger than 2 GB");
        long needed = count * size;
        ReadOnlyMemory<byte> bytes = tensor.IntOf(TensorFields.DataLocation) == External
            ? external.Read(tensor, needed)
            : tensor.Last(TensorFields.RawData) is { } raw && (raw.End > raw.Content || needed == 0) ? tensor.Content(raw) : Typed(tensor, type);
        if (bytes.Length != needed)
            throw Invalid(tensor, $"tensor '{tensor.TextOf(TensorFields.Name)}' has {bytes.Length} bytes of data; {type}[{string.Join(',', dims)}] asks for {needed}");
        return new TensorData(type, dims, bytes);
    }

    /// <summary>Product of the dimensions.</summary>
    public static long CountOf(List<long> dims, WireMessage tensor)
    {
        if (dims.Count > TensorData.MostAxes) throw Invalid(tensor, $"a tensor has {dims.Count} axes");
        long count = 1;
        foreach (long dim in dims)
        {
            if (dim < 0 || (dim > 0 && count > long.MaxValue / dim)) throw Invalid(tensor, $"a tensor has impossible dimensions [{string.Join(',', dims)}]");
            count *= dim;
        }
        return count;
    }

    private static ReadOnlyMemory<byte> Typed(WireMessage tensor, ElementType type)
    {
        switch (type)
        {
            case ElementType.Float32: return tensor.Fixed(TensorFields.FloatData, WireType.Fixed32);
            case ElementType.Float64: return tensor.Fixed(TensorFields.DoubleData, WireType.Fixed64);
            case ElementType.Int64: return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(tensor.Ints(TensorFields.Int64Data))).ToArray();
            case ElementType.UInt64: return Narrow(tensor.Ints(TensorFields.Uint64Data), 8);
            case ElementType.UInt32: return Narrow(tensor.Ints(TensorFields.Uint64Data), 4);
            default: return Narrow(tensor.Ints(TensorFields.Int32Data), TensorData.SizeOf(type)!.Value);
        }
    }

    // float16 and bfloat16 lie in int32_data as their bit patterns, so that narrowing is right for them too.
    private static byte[] Narrow(List<long> values, int size)
    {
        var bytes = new byte[checked(values.Count * size)];
        Span<byte> whole = stackalloc byte[8];
        for (int i = 0; i < values.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(whole, values[i]);
            whole[..size].CopyTo(bytes.AsSpan(i * size));
        }
        return bytes;
    }

    private static OnnxFormatException Invalid(WireMessage tensor, string message) => new(OnnxFormatError.InvalidTensor, tensor.Origin, message);
}
