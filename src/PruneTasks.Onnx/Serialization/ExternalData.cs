using System.Globalization;
using System.IO.MemoryMappedFiles;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Onnx.Serialization;

/// <summary>Reads tensors that lie in files beside the model (ONNX, "External data"). Only paths inside the model's folder are followed, and no links.</summary>
internal sealed class ExternalData(string? folder, TensorStore? store = null)
{
    private const int MostShares = 16;

    private readonly Dictionary<string, (MemoryMappedFile File, string Path, long Length)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedList<long, (long Length, int Times)>> _claims = new(StringComparer.Ordinal);

    /// <summary>Folder of the model; <see langword="null"/> for a model that came as bytes.</summary>
    public string? Folder { get; } = folder is null ? null : Path.GetFullPath(folder);

    /// <summary>Relative locations that were read, in order of their first use.</summary>
    public List<string> Locations { get; } = [];

    /// <summary>Bytes of all tensors that were read; what is shared counts for each of them.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes of the files that hold them.</summary>
    public long FileBytes => _files.Values.DistinctBy(file => file.Path).Sum(file => file.Length);

    /// <summary>Bytes of a tensor whose <c>data_location</c> is EXTERNAL.</summary>
    /// <param name="tensor">The <c>TensorProto</c>.</param>
    /// <param name="size">Bytes that the tensor's dimensions and element type ask for.</param>
    /// <exception cref="OnnxFormatException">Path refused, file missing or too short.</exception>
    public ReadOnlyMemory<byte> Read(WireMessage tensor, long size)
    {
        (string location, long offset, long? length) = PlaceOf(tensor);
        if (length is { } given && given != size) throw Fail(OnnxFormatError.InvalidTensor, tensor, $"an external tensor has {given} bytes, its dimensions ask for {size}");
        return Map(location, offset, size, tensor);
    }

    /// <summary>As <see cref="Read"/>, for an element type whose size is not known here: the length that is written, or all that follows.</summary>
    public ReadOnlyMemory<byte> ReadAll(WireMessage tensor)
    {
        (string location, long offset, long? length) = PlaceOf(tensor);
        return Map(location, offset, length ?? Math.Max(0, Open(location, tensor).Length - offset), tensor);
    }

    private static (string Location, long Offset, long? Length) PlaceOf(WireMessage tensor)
    {
        string? location = null;
        long offset = 0;
        long? length = null;
        foreach (WireField field in tensor.All(TensorFields.ExternalData))
        {
            WireMessage entry = tensor.Message(field);
            string value = entry.TextOf(EntryFields.Value);
            switch (entry.TextOf(EntryFields.Key))
            {
                case "location": location = value; break;
                case "offset": offset = Number(value, tensor); break;
                case "length": length = Number(value, tensor); break;
                default: break;
            }
        }
        return (location ?? throw Fail(OnnxFormatError.ExternalPathRefused, tensor, "an external tensor names no file"), offset, length);
    }

    private ReadOnlyMemory<byte> Map(string location, long offset, long length, WireMessage tensor)
    {
        (MemoryMappedFile file, string path, long fileLength) = Open(location, tensor);
        if (offset > fileLength || length > fileLength - offset)
            throw Fail(OnnxFormatError.ExternalDataMissing, tensor, $"'{location}' has {fileLength} bytes; {length} from {offset} are claimed");
        if (length > int.MaxValue) throw Fail(OnnxFormatError.InvalidTensor, tensor, $"tensor '{tensor.TextOf(TensorFields.Name)}' has {length} bytes; a single one may have 2 GB");
        Claim(location, offset, length, tensor);
        TotalBytes += length;
        return length == 0 ? default : store?.Map(path, offset, (int)length) ?? new MappedBytes(file, path, offset, (int)length).Memory;
    }

    // Weights may be shared as a whole. Ranges that overlap otherwise are no weights, and many tensors over one range make a small file look like a large one.
    private void Claim(string location, long offset, long length, WireMessage tensor)
    {
        if (length == 0) return;
        if (!_claims.TryGetValue(location, out SortedList<long, (long Length, int Times)>? claims)) _claims.Add(location, claims = []);
        if (claims.TryGetValue(offset, out (long Length, int Times) same))
        {
            if (same.Length != length || same.Times >= MostShares) throw Fail(OnnxFormatError.InvalidTensor, tensor, $"too many tensors claim the same part of '{location}', or different ones");
            claims[offset] = (length, same.Times + 1);
            return;
        }
        claims.Add(offset, (length, 1));
        int at = claims.IndexOfKey(offset);
        bool before = at > 0 && claims.Keys[at - 1] + claims.Values[at - 1].Length > offset, behind = at + 1 < claims.Count && offset + length > claims.Keys[at + 1];
        if (before || behind) throw Fail(OnnxFormatError.InvalidTensor, tensor, $"two tensors claim overlapping parts of '{location}'");
    }

    private (MemoryMappedFile File, string Path, long Length) Open(string location, WireMessage tensor)
    {
        if (_files.TryGetValue(location, out (MemoryMappedFile, string, long) open)) return open;
        string path = Resolve(location, tensor);
        var info = new FileInfo(path);
        if (!info.Exists || info.Length == 0) throw Fail(OnnxFormatError.ExternalDataMissing, tensor, $"'{location}' is missing or empty");
        try
        {
            open = (MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read), path, info.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fail(OnnxFormatError.ExternalDataMissing, tensor, $"'{location}' cannot be read: {e.Message}");
        }
        _files.Add(location, open);
        Locations.Add(location);
        return open;
    }

    private string Resolve(string location, WireMessage tensor)
    {
        if (Folder is null) throw Fail(OnnxFormatError.ExternalDataMissing, tensor, "the model keeps weights in another file, but came without a folder");
        if (ExternalPath.Problem(location) is { } problem) throw Fail(OnnxFormatError.ExternalPathRefused, tensor, $"external data '{location}' {problem}");
        return ExternalPath.Resolve(Folder, location) ?? throw Fail(OnnxFormatError.ExternalPathRefused, tensor, $"external data '{location}' is reached through a link");
    }

    private static long Number(string text, WireMessage tensor) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw Fail(OnnxFormatError.InvalidField, tensor, "external data has an offset or length that is not a number");

    private static OnnxFormatException Fail(OnnxFormatError error, WireMessage tensor, string message) => new(error, tensor.Origin, message);
}
