using System.Buffers;
using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>
/// Weights of a model that works with a <see cref="TensorStore"/>: tensors over the mapped files themselves. Nothing is copied, a table of which a few rows are picked is read
/// in these rows, and what the system needs the space for it lets go of.
/// </summary>
internal static class StoredTensors
{
    // As libtorch aligns its own memory; on less, MKL would round otherwise (TorchTypes.Aligned).
    private const int Alignment = 64;

    private const int Chunk = 1 << 20;

    /// <summary>The constant as a tensor to be read only. Without a store, of few bytes, or not of real numbers: of its own memory.</summary>
    /// <param name="constant">The constant.</param>
    /// <param name="store">Store of the model.</param>
    internal static unsafe Tensor Of(Value constant, TensorStore? store)
    {
        TensorData data = constant.Constant!;
        if (store is null || data.Bytes.Length < store.Smallest || TorchTypes.Of(data.Type) is not ScalarType.Float32) return TorchTypes.ToTensor(data);
        // Rows become float32 when they are picked.
        if (data.IsMapped && IsTable(constant)) return Over(data);
        if (data.Type == ElementType.Float32 && data.IsMapped)
        {
            using MemoryHandle at = data.Bytes.Pin();
            if ((nint)at.Pointer % Alignment == 0) return Over(data);
        }
        // Half precision, or a file that does not align: once more in the store, as it is computed with.
        return Over(store.Write(ElementType.Float32, data.Shape, stream =>
        {
            int size = TensorData.SizeOf(data.Type)!.Value;
            for (int start = 0; start < data.Bytes.Length; start += Chunk * size)
            {
                ReadOnlyMemory<byte> part = data.Bytes.Slice(start, Math.Min(Chunk * size, data.Bytes.Length - start));
                stream.Write(MemoryMarshal.AsBytes(new TensorData(data.Type, [part.Length / size], part).ToFloats().AsSpan()));
            }
        }));
    }

    /// <summary>Nothing but rows is read from it.</summary>
    private static bool IsTable(Value constant) => constant is { IsGraphOutput: false, IsCaptured: false } && constant.Uses.All(use => use is { Index: 0, Node: { OpType: "Gather", Domain: "" } });

    /// <summary>A tensor over a content of a store, in the type that it has there.</summary>
    /// <remarks>
    /// What TorchSharp offers for memory of others copies it. Its bridge has the call that does not: <c>THSTensor_new</c>, which is torch::from_blob (libtorch, torch/csrc/api/include/torch/types.h).
    /// </remarks>
    internal static unsafe Tensor Over(TensorData data)
    {
        if (!data.IsMapped) return TorchTypes.ToTensor(data);
        long[] shape = [.. data.Shape];
        ScalarType type = data.Type switch { ElementType.Float16 => ScalarType.Float16, ElementType.BFloat16 => ScalarType.BFloat16, _ => ScalarType.Float32 };
        using MemoryHandle at = data.Bytes.Pin();
        fixed (long* sizes = shape)
        {
            nint tensor = New.Value((nint)at.Pointer, &Forget, sizes, shape.Length, (sbyte)type, (sbyte)type, (int)DeviceType.CPU, -1, 0);
            return tensor != 0 ? Tensor.UnsafeCreateTensor(tensor) : throw new InvalidOperationException("libtorch makes no tensor over mapped memory");
        }
    }

    /// <summary>Writes a float32 tensor into a store.</summary>
    /// <param name="content">The tensor.</param>
    /// <param name="type">Type to be rounded to.</param>
    /// <param name="shape">Shape to be given.</param>
    /// <param name="store">The store.</param>
    internal static TensorData Save(Tensor content, ElementType type, IReadOnlyList<long> shape, TensorStore store) => store.Write(type, shape, stream =>
    {
        using DisposeScope scope = NewDisposeScope();
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(content.to(float32).contiguous().bytes);
        for (int start = 0; start < values.Length; start += Chunk)
        {
            ReadOnlySpan<float> part = values.Slice(start, Math.Min(Chunk, values.Length - start));
            stream.Write(type == ElementType.Float32 ? MemoryMarshal.AsBytes(part) : TensorData.FromFloats(type, [part.Length], part).Bytes.Span);
        }
    });

    // The store unmaps what it has mapped.
    [UnmanagedCallersOnly]
    private static void Forget(nint memory)
    {
    }

    /// <summary>data, deleter, sizes, number of sizes, type of the data, type wanted, kind and number of the device, whether a gradient is wanted → tensor.</summary>
    private static unsafe class New
    {
        internal static readonly delegate* unmanaged<nint, delegate* unmanaged<nint, void>, long*, int, sbyte, sbyte, int, int, byte, nint> Value =
            (delegate* unmanaged<nint, delegate* unmanaged<nint, void>, long*, int, sbyte, sbyte, int, int, byte, nint>)NativeLibrary.GetExport(
                NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null), "THSTensor_new");
    }
}
