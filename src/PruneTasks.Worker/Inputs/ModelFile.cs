using System.Security.Cryptography;
using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Inputs;

/// <summary>An ONNX file that has been read.</summary>
/// <param name="Path">Where it lies; in messages as given.</param>
/// <param name="Bytes">The file.</param>
/// <param name="Model">The model.</param>
/// <remarks>Weights in other files are moved into the bytes, as long as one file can hold them.</remarks>
internal sealed record ModelFile(string Path, byte[] Bytes, OnnxModel Model)
{
    private string? _folder;

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

    /// <summary>Bytes that one file can have: the limit of protobuf, less the fields around the weights.</summary>
    public const long LargestFile = int.MaxValue - (1 << 20);

    /// <summary>Its weights are more than one file can hold: they stay in other files, mapped where they are looked at.</summary>
    public bool IsTooLarge => Model.ExternalBytes > 0;

    /// <summary>It lies at <see cref="Path"/>; otherwise it is in memory or in a store, and the path is a name.</summary>
    public bool IsOnDisk { get; init; } = true;

    /// <summary>What is run in place of the file; <see langword="null"/> for the file itself.</summary>
    public ModelImage? Image { get; private init; }

    /// <summary>Bytes on the disk, with those of weights in other files.</summary>
    public long Length { get => field > 0 ? field : Image?.Length ?? Bytes.Length + Model.ExternalFileBytes; private init; }

    /// <summary>SHA-256 of the file, lower-case hex.</summary>
    public string Sha256 { get => field.Length > 0 ? field : Convert.ToHexString(SHA256.HashData(Bytes)).ToLowerInvariant(); private init; } = "";

    /// <summary>A model that was just made.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="bytes">The ONNX file, weights inside.</param>
    public static ModelFile InMemory(string name, byte[] bytes) => new(name, bytes, OnnxReader.Load(bytes)) { IsOnDisk = false };

    /// <summary>A model that was just made.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="image">The model.</param>
    public static ModelFile Of(string name, ModelImage image) =>
        image.Store is null ? InMemory(name, image.Bytes) : new(name, image.Bytes, image.Load()) { IsOnDisk = false, Image = image };

    /// <summary>A large model that was just written.</summary>
    /// <param name="path">Its file, which is not read.</param>
    /// <param name="length">Its length, with that of the file beside it.</param>
    /// <param name="sha">SHA-256 of the file, lower-case hex.</param>
    /// <param name="model">What is in it.</param>
    /// <param name="image">The same with its weights mapped, to be run in place of a file that ONNX Runtime would read into memory; <see langword="null"/> to run the file.</param>
    public static ModelFile Written(string path, long length, string sha, OnnxModel model, ModelImage? image) => new(path, [], model) { Length = length, Sha256 = sha, Image = image };

    /// <summary>The same model for work in a store: weights are linked or copied there, and everything that is made of it refers to them.</summary>
    /// <param name="store">An empty store.</param>
    /// <exception cref="InvalidOperationException">What is no initializer is larger than the 2 GB that protobuf allows.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public ModelFile In(TensorStore store)
    {
        string source = Folder, target = System.IO.Path.Combine(store.Folder, "dense");
        foreach (string location in Model.ExternalLocations)
            FileLink.Make(Spec.Onnx.ExternalPath.Resolve(source, location) ?? throw new IOException($"'{location}' has become a link"), Spec.Onnx.ExternalPath.Resolve(target, location)!);
        // Written once, so that weights that lay inside are in the store from here on.
        ModelImage image = ModelImage.Of(OnnxReader.Load(Bytes, target, store));
        return new ModelFile(Path, image.Bytes, image.Load()) { Image = IsOnDisk && IsTooLarge ? null : image, IsOnDisk = IsOnDisk, _folder = store.Folder, Length = Length, Sha256 = Sha256 };
    }

    /// <summary>The model, read again; may be edited.</summary>
    public OnnxModel Reload() => OnnxReader.Load(Bytes, Folder, Model.Store);

    /// <summary>Loads it into ONNX Runtime.</summary>
    /// <param name="threads">Threads inside one operator; 0 for all cores.</param>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses it.</exception>
    public OrtSession Open(int threads) =>
        Image is { } image ? image.Open(Path, threads)
        : !IsOnDisk ? OrtSession.Load(Bytes, Path, threads)
        : IsTooLarge ? OrtSession.LoadMapped(Path, Path, threads)
        // Weights in other files are found from a path only.
        : OrtSession.Load(Path, threads);

    /// <summary>Where its weights in other files lie.</summary>
    public string Folder => _folder ?? System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>Reads a model.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="specFile">The spec that names it, or null where the command line does.</param>
    /// <param name="place">Where in the spec.</param>
    /// <param name="largest">Bytes that may be moved into one file.</param>
    /// <exception cref="PruneDiagnosticException">It is missing, no ONNX model, or a Git LFS pointer; the spec is named as the place, the model in the message.</exception>
    public static ModelFile Read(string path, string? specFile = null, SourceSpan place = default, long largest = LargestFile)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            OnnxModel model = OnnxReader.Load(bytes, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)));
            bool embed = model.ExternalBytes > 0 && bytes.Length + model.ExternalBytes <= largest;
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
