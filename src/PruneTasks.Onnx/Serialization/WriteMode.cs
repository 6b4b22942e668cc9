namespace PruneTasks.Onnx.Serialization;

/// <summary>Where a content lies (ONNX, "External data").</summary>
/// <param name="Location">Relative path of the file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct ExternalPlace(string Location, long Offset, long Length);

/// <summary>Decides which contents a file keeps in another one.</summary>
internal interface IWeightLayout
{
    /// <summary>The place of a content; <see langword="null"/> to have it inside.</summary>
    ExternalPlace? Place(ReadOnlyMemory<byte> content);
}

/// <summary>What becomes of weights when a model is written.</summary>
/// <param name="MovesInside">Those of other files move into this one, but for what <paramref name="Layout"/> says.</param>
/// <param name="Layout">Which initializers lie in another file; <see langword="null"/> for none beside those that did.</param>
internal sealed record WriteMode(bool MovesInside, IWeightLayout? Layout)
{
    /// <summary>Everything stays where it was when the model was read.</summary>
    public static readonly WriteMode AsRead = new(false, null);

    /// <summary>Everything in one file.</summary>
    public static readonly WriteMode Inside = new(true, null);

    /// <summary>By a layout; tensors of attributes, which ONNX Runtime wants inside, move there.</summary>
    public static WriteMode By(IWeightLayout layout) => new(true, layout);
}

/// <summary>Refers to contents of a store, into which those go that lie nowhere yet.</summary>
internal sealed class StoreLayout(TensorStore store) : IWeightLayout
{
    public ExternalPlace? Place(ReadOnlyMemory<byte> content) => store.Refer(content) is { } place ? new(place.Location, place.Offset, content.Length) : null;
}

/// <summary>One file beside the model, in the order in which the model names its weights.</summary>
internal sealed class SidecarLayout(string location) : IWeightLayout
{
    // Below that a reference is hardly smaller than what it refers to.
    private const int Smallest = 1 << 12;

    // Mapped where that pays, which needs a multiple of the granularity: 4 KiB pages, 64 KiB on Windows (ONNX, "External data").
    private const long Page = 1 << 12, Granularity = 1 << 16, Large = 1 << 20;

    // A reader takes a file in which very many tensors share one place for a trap.
    private const int MostShares = 16;

    private readonly Dictionary<(string Path, long Offset, int Length), (long Offset, int Times)> _shared = [];

    /// <summary>What the file holds; zeros between.</summary>
    public List<(long Offset, ReadOnlyMemory<byte> Content)> Parts { get; } = [];

    /// <summary>Its length.</summary>
    public long Length { get; private set; }

    public ExternalPlace? Place(ReadOnlyMemory<byte> content)
    {
        if (content.Length < Smallest) return null;
        (string, long, int)? origin = MappedBytes.PlaceOf(content) is { } place ? (place.Path, place.Offset, content.Length) : null;
        if (origin is { } known && _shared.TryGetValue(known, out (long Offset, int Times) there) && there.Times < MostShares)
        {
            _shared[known] = (there.Offset, there.Times + 1);
            return new(location, there.Offset, content.Length);
        }
        long step = content.Length >= Large ? Granularity : Page;
        long offset = (Length + step - 1) / step * step;
        Parts.Add((offset, content));
        Length = offset + content.Length;
        if (origin is { } first) _shared[first] = (offset, 1);
        return new(location, offset, content.Length);
    }
}
