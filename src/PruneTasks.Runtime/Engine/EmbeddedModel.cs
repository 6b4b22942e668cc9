using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection;
using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>
/// Opens the model that the build put into an assembly: as it is, compressed, or as a file beside the app that a resource names. Which it is
/// shows in the resource's name, so the generated class is the same for all.
/// </summary>
internal static class EmbeddedModel
{
    /// <summary>What the name of a Brotli stream has behind that of the model; eight bytes with the length come first (little endian).</summary>
    public const string CompressedSuffix = ".br";

    /// <summary>What the name of a resource has that names files beside the app.</summary>
    public const string PointerSuffix = ".files.json";

    /// <summary>Creates the session.</summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Load"/>: no such resource, or a file that is missing or not the one that was built.</exception>
    public static InferenceSession Open(Assembly assembly, string resource, string model, SessionOptions options, string? folder = null)
    {
        if (assembly.GetManifestResourceStream(resource) is { } plain)
        {
            using (plain)
                return new InferenceSession(Read(plain, plain.Length, resource), options);
        }
        if (assembly.GetManifestResourceStream(resource + CompressedSuffix) is { } compressed)
        {
            using (compressed)
                return new InferenceSession(Inflate(compressed, resource), options);
        }
        if (assembly.GetManifestResourceStream(resource + PointerSuffix) is { } pointer)
        {
            using (pointer)
                return new InferenceSession(ModelFiles.Check(pointer, model, folder ?? AppContext.BaseDirectory), options);
        }
        throw Missing(assembly, resource, model);
    }

    /// <summary>The bytes of a small resource that belongs to a model.</summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Load"/>: no such resource.</exception>
    public static byte[] ReadPart(Assembly assembly, string resource, string model)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource) ?? throw Missing(assembly, resource, model);
        return Read(stream, stream.Length, resource);
    }

    private static ModelException Missing(Assembly assembly, string resource, string model)
    {
        string[] present = assembly.GetManifestResourceNames();
        return new ModelException(ModelErrorKind.Load,
            $"Assembly '{assembly.GetName().Name}' has no embedded resource '{resource}' with model '{model}'; it has "
            + $"{(present.Length == 0 ? "none" : string.Join(", ", present))}. "
            + "The build embeds it after pruning: build the project without PruneTasksEnabled=false, and look at the build's diagnostics.");
    }

    private static byte[] Inflate(Stream stream, string resource)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        stream.ReadExactly(length);
        using BrotliStream brotli = new(stream, CompressionMode.Decompress);
        return Read(brotli, BinaryPrimitives.ReadInt64LittleEndian(length), resource);
    }

    /// <summary>
    /// A resource is a view of the mapped assembly, so reading straight into an array of the final size is the one copy that ONNX Runtime's array
    /// constructor needs (it has none for native memory; docs/decisions/0062).
    /// </summary>
    private static byte[] Read(Stream stream, long length, string resource)
    {
        if (length < 0 || length > Array.MaxLength)
            throw new ModelException(ModelErrorKind.Load, $"Resource '{resource}' has {length} bytes; an embedded model must be below 2 GB.");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or InvalidOperationException)
        {
            throw new ModelException(ModelErrorKind.Load, $"Resource '{resource}' is damaged: {exception.Message} Rebuild the project.", exception);
        }
        return bytes;
    }
}
