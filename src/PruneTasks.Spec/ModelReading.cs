using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec;

/// <summary>A signature, or why there is none.</summary>
/// <param name="Signature">The signature; null when there is an error.</param>
/// <param name="Diagnostics">Everything found.</param>
public sealed record SignatureReadResult(ModelSignature? Signature, IReadOnlyList<PruneDiagnostic> Diagnostics);

/// <summary>Reads the signature of the model that a spec names, with errors at the place where it is named.</summary>
public static class ModelReading
{
    /// <summary>
    /// Errors: PRUNE0005 no such file, PRUNE0101 not ONNX, PRUNE0102 external data missing, PRUNE0104 external data outside the model's folder, PRUNE0103 Git LFS pointer, PRUNE0112 unreadable.
    /// </summary>
    public static SignatureReadResult Read(PruneSpec spec)
    {
        IReadOnlyList<PruneDiagnostic> found = SpecChecks.Model(spec);
        if (found.Count > 0)
            return new SignatureReadResult(null, found);
        SourceSpan place = spec.PlaceNear("model");
        try
        {
            // The cursors have buffers of their own; another one would be filled after every seek.
            using var stream = new FileStream(spec.Model.Full, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            ModelSignature signature = Read(stream, spec.Task);
            PruneDiagnostic[] missing = [.. signature.ExternalFiles.Select(file => External(spec, file)).OfType<PruneDiagnostic>()];
            return new SignatureReadResult(missing.Length == 0 ? signature : null, missing);
        }
        catch (OnnxFormatException exception)
        {
            return new SignatureReadResult(null, [PruneDiagnostics.NotOnnx.At(spec.File, place, spec.Model.Written, exception.Message)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new SignatureReadResult(null, [PruneDiagnostics.ModelUnreadable.At(spec.File, place, spec.Model.Full, exception.Message)]);
        }
    }

    /// <summary>The signature from a model's bytes, with the lengths of output axes that only its weights tell, and with the states of a language model.</summary>
    /// <exception cref="OnnxFormatException">It is not ONNX, or cut off.</exception>
    public static ModelSignature Read(Stream model, ModelTask task)
    {
        ModelSignature signature = KnownLengths.Fill(OnnxSignatureReader.Read(model), model);
        if (task != ModelTask.CausalLanguageModel)
            return signature;
        model.Position = 0;
        return signature with { States = StatePairs.Find(model, signature) };
    }

    private static PruneDiagnostic? External(PruneSpec spec, ExternalFile file)
    {
        try
        {
            if (ExternalPath.Problem(file.Location) is { } refused)
                return Refuse(refused);
            if (ExternalPath.Resolve(Path.GetDirectoryName(spec.Model.Full)!, file.Location) is not { } path)
                return Refuse("is reached through a link");
            return Missing(new FileInfo(path), file) is { } problem ? Fail(PruneDiagnostics.ExternalDataMissing, problem) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Fail(PruneDiagnostics.ExternalDataMissing, $"cannot be read: {exception.Message}");
        }

        PruneDiagnostic Refuse(string why) => Fail(PruneDiagnostics.ExternalPathRefused, why);

        PruneDiagnostic Fail(PruneDiagnosticDescriptor descriptor, string problem) =>
            descriptor.At(spec.File, spec.PlaceNear("model"), spec.Model.Written, $"the external data file '{file.Location}' {problem}");
    }

    private static string? Missing(FileInfo info, ExternalFile file)
    {
        if (!info.Exists)
            return "does not exist";
        if (GitLfs.IsPointer(info.FullName))
            return "is a Git LFS pointer; run 'git lfs pull'";
        return info.Length < file.Bytes ? $"has {info.Length} bytes, but the model needs {file.Bytes}" : null;
    }
}
