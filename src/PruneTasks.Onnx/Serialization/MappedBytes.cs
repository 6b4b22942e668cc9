using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace PruneTasks.Onnx.Serialization;

/// <summary>A part of a file as memory, paged in by the operating system only where it is read: weights of several gigabytes need not fit.</summary>
internal sealed unsafe class MappedBytes : MemoryManager<byte>
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly string _path;
    private readonly long _offset;
    private readonly byte* _start;
    private readonly int _length;

    /// <summary>Maps <paramref name="length"/> bytes from <paramref name="offset"/>; the caller has checked that the file holds them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for whoever wants to refer to the place.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="length">How much.</param>
    public MappedBytes(MemoryMappedFile file, string path, long offset, int length)
    {
        _view = file.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read);
        (_path, _offset, _length) = (path, offset, length);
        byte* page = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref page);
        // A view starts on a page boundary; PointerOffset leads to the byte that was asked for.
        _start = page + _view.PointerOffset;
    }

    /// <summary>Where in a file some memory lies; <see langword="null"/> if it is not mapped.</summary>
    public static (string Path, long Offset)? PlaceOf(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetMemoryManager(memory, out MappedBytes? mapped, out int start, out _) ? (mapped._path, mapped._offset + start) : null;

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
