using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace PruneTasks.Onnx.Serialization;

/// <summary>A part of a file as memory, paged in by the operating system only where it is read: weights of several gigabytes need not fit.</summary>
internal sealed unsafe class MappedBytes : MemoryManager<byte>
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _length;

    /// <summary>Maps <paramref name="length"/> bytes from <paramref name="offset"/>; the caller has checked that the file holds them.</summary>
    public MappedBytes(MemoryMappedFile file, long offset, int length)
    {
        _view = file.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read);
        _length = length;
        byte* page = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref page);
        // A view starts on a page boundary; PointerOffset leads to the byte that was asked for.
        _start = page + _view.PointerOffset;
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
        // Mapped memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
