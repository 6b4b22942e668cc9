using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Where constants and samples lie in memory decides how MKL rounds (docs/decisions/0024).</summary>
public sealed class AlignmentTests
{
    [Fact]
    public void Constants_lie_on_multiples_of_64_bytes_wherever_their_array_was()
    {
        List<byte[]> kept = [];
        for (int i = 0; i < 64; i++)
        {
            kept.Add(new byte[8 * i]); // Moves the next array by 8 bytes more.
            foreach (TensorData data in new[] { TensorData.Of([3, 5], new float[15]), new TensorData(ElementType.Float64, [7], new byte[56]), TensorData.Of([2], 1L, 2L), TensorData.Of([300, 300], new float[90_000]) })
            {
                using Tensor tensor = TorchTypes.ToTensor(data);
                Assert.Equal(0, Address(tensor) % 64);
            }
        }
        GC.KeepAlive(kept);
    }

    private static long Address(Tensor tensor) => Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(tensor.bytes));
}
