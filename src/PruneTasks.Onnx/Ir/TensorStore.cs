using System.IO.MemoryMappedFiles;
using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>
/// Keeps contents of tensors in files of a scratch folder and gives them back as mapped memory, which the operating system pages in where it is read and lets go of where
/// it needs the space: a model that is worked on need not fit. A model that was read with a store puts the contents of edited initializers there by itself.
/// </summary>
/// <remarks>
/// Written with plain writes and mapped for reading only, so that a full disk is an <see cref="IOException"/> and not the end of the process. Thread-safe.
/// Contents die with the store: nobody may look at them after <see cref="Dispose"/>.
/// </remarks>
public sealed class TensorStore : IDisposable
{
    // The granularity of mappings on Windows; pages elsewhere are not larger, as a rule.
    private const int Alignment = 1 << 16;

    private const string WorkFolder = "work";

    private readonly TensorStore? _parent;
    private readonly object _gate;
    private readonly Dictionary<(string Path, long Offset, long Length), MappedBytes> _views = [];
    private readonly Dictionary<string, MemoryMappedFile> _files = new(StringComparer.Ordinal);
    private FileStream? _own;
    private string _ownPath = "";
    private int _names;

    /// <summary>Makes the folder.</summary>
    /// <param name="folder">Must not exist, or be empty; removed with the store.</param>
    /// <param name="smallest">Contents of fewer bytes stay in memory.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public TensorStore(string folder, int smallest = 1 << 16)
    {
        Folder = Path.GetFullPath(folder);
        Smallest = smallest;
        _gate = new object();
        Directory.CreateDirectory(Path.Combine(Folder, WorkFolder));
    }

    private TensorStore(TensorStore parent) => (_parent, Folder, Smallest, _gate) = (parent, parent.Folder, parent.Smallest, parent._gate);

    /// <summary>The folder. A model file in it may refer to every content of the store.</summary>
    public string Folder { get; }

    /// <summary>Contents of fewer bytes stay in memory.</summary>
    public int Smallest { get; }

    /// <summary>A store for contents that are needed for a while only; it also finds those of this one.</summary>
    public TensorStore Child() => new(this);

    /// <summary>A path in <see cref="Folder"/> that no file has yet.</summary>
    public string NewPath(string extension)
    {
        lock (_gate) return Path.Combine(Folder, WorkFolder, $"{Root._names++}{extension}");
    }

    /// <summary>The same tensor with its content in the store; as it is if it is small or lies in a file already.</summary>
    /// <exception cref="IOException">The content cannot be written.</exception>
    public TensorData Keep(TensorData data) =>
        data.Bytes.Length < Smallest || MappedBytes.PlaceOf(data.Bytes) is not null ? data : Write(data.Type, data.Shape, stream => stream.Write(data.Bytes.Span));

    /// <summary>A tensor whose content is written by <paramref name="content"/>, from first to last byte.</summary>
    /// <exception cref="IOException">The content cannot be written.</exception>
    /// <exception cref="ArgumentException">What was written does not fit shape and type.</exception>
    public TensorData Write(ElementType type, IReadOnlyList<long> shape, Action<Stream> content)
    {
        lock (_gate)
        {
            if (_own is null)
            {
                _ownPath = NewPath(".weights");
                _own = new FileStream(_ownPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            }
            long start = (_own.Length + Alignment - 1) / Alignment * Alignment;
            _own.Position = start;
            content(_own);
            return new TensorData(type, shape, Map(_ownPath, start, checked((int)(_own.Length - start))));
        }
    }

    /// <summary>Bytes of its files on the disk.</summary>
    public long Written
    {
        get { lock (_gate) return _own?.Length ?? 0; }
    }

    /// <summary>A part of a file beneath <see cref="Folder"/>; the same memory whenever the same part is asked for.</summary>
    internal ReadOnlyMemory<byte> Map(string path, long offset, int length)
    {
        if (length == 0) return default;
        lock (_gate)
        {
            if (_parent is not null && path != _ownPath) return _parent.Map(path, offset, length);
            if (_views.TryGetValue((path, offset, length), out MappedBytes? view)) return view.Memory;
            // A file of its own grows, and a mapping covers what was there when it was made.
            bool own = path == _ownPath;
            if (own || !_files.TryGetValue(path, out MemoryMappedFile? file))
            {
                file = own
                    ? MemoryMappedFile.CreateFromFile(_own!, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true)
                    : MemoryMappedFile.CreateFromFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
                if (!own) _files.Add(path, file);
            }
            _views.Add((path, offset, length), view = new MappedBytes(file, path, offset, length));
            // A view lives on without the object that it was made from.
            if (own) file.Dispose();
            return view.Memory;
        }
    }

    /// <summary>Where some bytes lie, as a model file directly in <see cref="Folder"/> refers to them; written into the store if they lie nowhere. <see langword="null"/> for few bytes.</summary>
    internal (string Location, long Offset)? Refer(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < Smallest) return null;
        // What a file has anywhere but on a multiple of the largest element cannot be read where it lies.
        if (MappedBytes.PlaceOf(bytes) is not { } place || place.Offset % sizeof(double) != 0 || !place.Path.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            place = MappedBytes.PlaceOf(Write(ElementType.UInt8, [bytes.Length], stream => stream.Write(bytes.Span)).Bytes)!.Value;
        return (Path.GetRelativePath(Folder, place.Path).Replace('\\', '/'), place.Offset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (MappedBytes view in _views.Values) ((IDisposable)view).Dispose();
            foreach (MemoryMappedFile file in _files.Values) file.Dispose();
            _views.Clear();
            _files.Clear();
            _own?.Dispose();
            try
            {
                if (_own is not null) File.Delete(_ownPath);
                if (_parent is null && Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // What lies there does no harm, and whoever used the store has an outcome to report.
            }
        }
    }

    private TensorStore Root => _parent?.Root ?? this;
}
