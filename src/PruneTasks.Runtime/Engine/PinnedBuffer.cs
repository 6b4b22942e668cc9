using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>
/// Memory of one tensor that ONNX Runtime reads or writes in place. Managed and pinned for life: a span that is kept too long keeps it
/// alive, so it is stale at worst and never points to freed memory.
/// </summary>
internal sealed class PinnedBuffer
{
    // One cache line, and what the widest vector loads like best.
    private const int Alignment = 64;

    private readonly byte[] _bytes;
    private readonly int _start;

    public PinnedBuffer(int length)
    {
        // Zeroed: inputs that nobody sets are defined, and no old memory of the process shows.
        _bytes = GC.AllocateArray<byte>(checked(length + Alignment), pinned: true);
        _start = (int)((Alignment - (Address(_bytes) % Alignment)) % Alignment);
        Length = length;
    }

    public int Length { get; }

    public Span<byte> Bytes(int length) => _bytes.AsSpan(_start, length);

    /// <summary>A tensor over this memory. Dispose it; the memory stays.</summary>
    public OrtValue Tensor(TensorSignature signature, ReadOnlySpan<int> shape)
    {
        long[] wide = new long[shape.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = shape[i];
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, signature.Type, wide, (IntPtr)(Address(_bytes) + _start), ModelShapes.Bytes(signature, shape));
    }

    private static unsafe long Address(byte[] bytes) => (long)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes));
}
