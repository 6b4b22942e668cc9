using System.Formats.Tar;
using System.IO.Compression;

namespace PruneTasks.Testing;

/// <summary>The files of a set of cases: a folder of any depth, or a .tar or .tar.gz of one. Paths are relative, with '/'.</summary>
internal sealed class ConformanceFiles
{
    private readonly Dictionary<string, byte[]>? _content;
    private readonly string _root;

    private ConformanceFiles(string root, Dictionary<string, byte[]>? content, IEnumerable<string> paths)
    {
        _root = root;
        _content = content;
        Paths = [.. paths.Order(StringComparer.Ordinal)];
        All = [.. Paths];
    }

    /// <summary>All .onnx and .pb files in a fixed order.</summary>
    public IReadOnlyList<string> Paths { get; }

    private HashSet<string> All { get; }

    public static ConformanceFiles Open(string path)
    {
        if (Directory.Exists(path))
            return new(path, null, Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(path, f).Replace('\\', '/')).Where(IsPart));
        Dictionary<string, byte[]> content = new(StringComparer.Ordinal);
        using FileStream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? file : new GZipStream(file, CompressionMode.Decompress);
        using TarReader tar = new(stream);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !IsPart(entry.Name)) continue;
            using MemoryStream bytes = new();
            entry.DataStream.CopyTo(bytes);
            content[entry.Name] = bytes.ToArray();
        }
        return new(path, content, content.Keys);
    }

    public bool Has(string path) => All.Contains(path);

    public byte[] Read(string path) => _content is null ? File.ReadAllBytes(Path.Combine(_root, path)) : _content[path];

    /// <summary>Where external data of the model at <paramref name="path"/> may lie; none inside an archive.</summary>
    public string? FolderOf(string path) => _content is null ? Path.GetDirectoryName(Path.GetFullPath(Path.Combine(_root, path))) : null;

    private static bool IsPart(string path) => path.EndsWith(".onnx", StringComparison.Ordinal) || path.EndsWith(".pb", StringComparison.Ordinal);
}
