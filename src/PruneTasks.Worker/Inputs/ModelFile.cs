using System.Security.Cryptography;
using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Inputs;

/// <summary>An ONNX file that has been read.</summary>
/// <param name="Path">Where it lies; in messages as given.</param>
/// <param name="Bytes">The file.</param>
/// <param name="Model">The model.</param>
/// <remarks>Weights in other files are moved into the bytes, as long as one file can hold them.</remarks>
internal sealed record ModelFile(string Path, byte[] Bytes, OnnxModel Model)
{
    /// <summary>Entries of the class axis of the first output, where the file fixes it: the last axis that is not 1, after the first one.</summary>
    public int? Classes
    {
        get
        {
            if (Model.Graph.Outputs is not [{ DeclaredShape: { Count: >= 2 } shape }, ..]) return null;
            int axis = shape.Count - 1;
            while (axis > 1 && shape[axis].Size == 1) axis--;
            return shape[axis].Size is > 0 and < int.MaxValue and { } size ? (int)size : null;
        }
    }

    // Of one protobuf file with the fields around the weights.
    private const long LargestFile = int.MaxValue - (1 << 20);

    /// <summary>Its weights are more than one file can hold: they stay in other files, mapped where they are looked at.</summary>
    public bool IsTooLarge => Model.ExternalBytes > 0;

    /// <summary>It lies at <see cref="Path"/>; otherwise it is in memory only, with all its weights, and the path is a name.</summary>
    public bool IsOnDisk { get; init; } = true;

    /// <summary>SHA-256 of the file, lower-case hex.</summary>
    public string Sha256 => Convert.ToHexString(SHA256.HashData(Bytes)).ToLowerInvariant();

    /// <summary>A model that was just made.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="bytes">The ONNX file, weights inside.</param>
    public static ModelFile InMemory(string name, byte[] bytes) => new(name, bytes, OnnxReader.Load(bytes)) { IsOnDisk = false };

    /// <summary>Reads a model.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="specFile">The spec that names it, or null where the command line does.</param>
    /// <param name="place">Where in the spec.</param>
    /// <exception cref="PruneDiagnosticException">It is missing, no ONNX model, or a Git LFS pointer; the spec is named as the place, the model in the message.</exception>
    public static ModelFile Read(string path, string? specFile = null, SourceSpan place = default)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            OnnxModel model = OnnxReader.Load(bytes, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)));
            bool embed = model.ExternalBytes > 0 && bytes.Length + model.ExternalBytes <= LargestFile;
            return embed ? InMemory(path, OnnxWriter.ToBytes(model, inlineExternalData: true)) : new ModelFile(path, bytes, model);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fail(specFile is null ? PruneDiagnostics.ModelUnreadable : PruneDiagnostics.ModelNotFound, "it does not exist");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Fail(PruneDiagnostics.ModelUnreadable, problem.Message);
        }
        catch (OnnxFormatException problem)
        {
            throw Fail(
                problem.Error switch
                {
                    OnnxFormatError.ExternalPathRefused => PruneDiagnostics.ExternalPathRefused,
                    OnnxFormatError.ExternalDataMissing => PruneDiagnostics.ExternalDataMissing,
                    OnnxFormatError.GitLfsPointer => PruneDiagnostics.LfsPointer,
                    OnnxFormatError.NotOnnx or OnnxFormatError.Truncated or OnnxFormatError.InvalidField or OnnxFormatError.InvalidText => PruneDiagnostics.NotOnnx,
                    _ => PruneDiagnostics.InvalidGraph,
                },
                problem.Message);
        }

        PruneDiagnosticException Fail(PruneDiagnosticDescriptor descriptor, string problem) => new(descriptor.At(specFile ?? path, place, path, problem));
    }
}
