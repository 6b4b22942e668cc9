using System.Runtime.InteropServices;

namespace PruneTasks.Torch.Native;

/// <summary>Where the C library takes the memory of large tensors from.</summary>
/// <remarks>
/// A block of its own comes from the system and goes back to it: each of its pages costs a fault, every time. With a limit of 4 MB that was two thirds of the processor time
/// of a small convolutional network at 224 pixels. In the heap large blocks lie between small ones that live longer, and the holes are not given back: without any limit a
/// vision transformer of 5.7 M parameters held 2.9 GB after three passes over 64 images. So batches are made so small that their values fit below this
/// limit (docs/decisions/0051), and what is larger, tables of weights for example, has blocks of its own. (mallopt(3): M_MMAP_THRESHOLD, M_TRIM_THRESHOLD.)
/// </remarks>
internal static partial class LargeBlocks
{
    private const int TrimThreshold = -1, MmapThreshold = -3, Megabyte = 1 << 20;

    /// <summary>Gives blocks from 8 MB on memory of their own. Linux with glibc only; elsewhere nothing happens, nor where the user has chosen.</summary>
    internal static void KeepApart()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is not null) return;
        try
        {
            _ = SetOption(MmapThreshold, 8 * Megabyte);
            _ = SetOption(TrimThreshold, 128 * Megabyte);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc, with another allocator.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
