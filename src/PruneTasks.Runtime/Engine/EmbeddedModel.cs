using System.Reflection;

namespace PruneTasks.Runtime;

/// <summary>Reads a model out of an assembly's resources.</summary>
internal static class EmbeddedModel
{
    /// <summary>
    /// The bytes. A resource is a view of the mapped assembly (<see cref="UnmanagedMemoryStream"/>), so reading straight into an
    /// array of the final size is the one copy that ONNX Runtime's array constructor needs.
    /// </summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Load"/>: no such resource, or one too large for an array.</exception>
    public static byte[] Read(Assembly assembly, string resource, string model)
    {
        using Stream? stream = assembly.GetManifestResourceStream(resource);
        if (stream is null)
        {
            string[] present = assembly.GetManifestResourceNames();
            throw new ModelException(ModelErrorKind.Load,
                $"Assembly '{assembly.GetName().Name}' has no embedded resource '{resource}' with model '{model}'; it has "
                + $"{(present.Length == 0 ? "none" : string.Join(", ", present))}. "
                + "The build embeds it after pruning: build the project without PruneTasksEnabled=false, and look at the build's diagnostics.");
        }
        if (stream.Length > Array.MaxLength)
            throw new ModelException(ModelErrorKind.Load, $"Resource '{resource}' has {stream.Length} bytes; an embedded model must be below 2 GB.");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)stream.Length);
        stream.ReadExactly(bytes);
        return bytes;
    }
}
