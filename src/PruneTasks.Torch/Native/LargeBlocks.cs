using System.Runtime.InteropServices;

namespace PruneTasks.Torch.Native;

/// <summary>Where the C library takes the memory of large tensors from.</summary>
/// <remarks>
/// glibc raises its limit for blocks of their own to 32 MB as soon as such a block is freed; activations of some megabytes then lie in the heap between
/// small ones that live longer, and the holes are not given back. A vision transformer of 5.7 M parameters at 224 pixels held 2.9 GB after three
/// passes over 64 images, and 0.9 GB with the limit fixed. Smaller blocks stay in the heap, where they cost no page faults; it is trimmed rarely.
/// (mallopt(3): M_MMAP_THRESHOLD, M_TRIM_THRESHOLD.)
/// </remarks>
internal static partial class LargeBlocks
{
    private const int TrimThreshold = -1, MmapThreshold = -3, Megabyte = 1 << 20;

    /// <summary>Gives blocks from 4 MB on memory of their own. Linux with glibc only; elsewhere nothing happens, nor where the user has chosen.</summary>
    internal static void KeepApart()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is not null) return;
        try
        {
            _ = SetOption(MmapThreshold, 4 * Megabyte);
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
