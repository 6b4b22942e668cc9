using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Data;

/// <summary>Finds out what kind of data a path holds, and takes samples from it.</summary>
internal static class DataLoader
{
    /// <summary>The source behind the path of a request.</summary>
    /// <exception cref="PruneDiagnosticException">Missing, empty, of several kinds at once, or not fitting the model.</exception>
    public static ISampleSource Open(DataRequest request)
    {
        if (request.Inputs.FirstOrDefault(input => TensorData.SizeOf(input.Type) is null) is { } strange)
        {
            string takes = strange.Type == ElementType.Undefined ? "no tensor, or one of a type that is not known" : ModelInput.Describe(strange.Type);
            throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, $"input '{strange.Name}' takes {takes}, of which no samples can be read; only models whose inputs are tensors of numbers can be pruned");
        }
        if (File.Exists(request.FullPath)) return OpenFile(request);
        if (!Directory.Exists(request.FullPath)) throw request.Fail(PruneDiagnostics.DataFolderMissing, request.Path);
        string[] files = [.. RelativeFiles(request)];
        string[] images = [.. files.Where(DataFiles.IsImage)];
        string[] arrays = [.. files.Where(path => EndsWith(path, ".npz", ".npy"))];
        string[] sets = [.. files.Where(OnnxTestSetSource.IsInput)];
        string[] texts = [.. files.Where(DataFiles.IsText)];
        // Beside other data a text file is a note.
        if (request.Text is null || images.Length + arrays.Length + sets.Length > 0) texts = [];
        string[] kinds = [.. new[] { (images, "images"), (texts, "texts"), (arrays, "NumPy arrays"), (sets, "ONNX test sets") }.Where(kind => kind.Item1.Length > 0).Select(kind => kind.Item2)];
        return kinds.Length switch
        {
            0 => throw request.Fail(PruneDiagnostics.DataFolderEmpty, request.Path),
            > 1 => throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, $"it holds {string.Join(" and ", kinds)}; name a folder with one kind"),
            _ when images.Length > 0 => new ImageFolderSource(request, images),
            _ when texts.Length > 0 => new TextSource(request, texts),
            _ when arrays.Length > 0 => new ArraySource(request, arrays),
            _ => new OnnxTestSetSource(request, sets),
        };
    }

    /// <summary>Up to <paramref name="samples"/> samples (all, if null) and, apart from them, up to <paramref name="holdOut"/> held back.</summary>
    /// <remarks>Where the data is too small for both, an eighth is held back; below 16 samples nothing is.</remarks>
    /// <returns>The two sets; they share no content.</returns>
    /// <exception cref="PruneDiagnosticException">Nothing can be used.</exception>
    public static LoadedData Load(DataRequest request, int? samples, int holdOut, ICollection<PruneDiagnostic> diagnostics)
    {
        int wanted = samples ?? int.MaxValue - holdOut;
        ISampleSource source = Open(request);
        List<Sample> taken = [.. source.Read(diagnostics).Take(wanted + holdOut)];
        int used = taken.Count >= wanted + holdOut ? wanted
            : taken.Count < LeastToSplit ? taken.Count
            : Math.Min(wanted, taken.Count - Math.Min(holdOut, taken.Count / 8));
        var calibration = new CalibrationSet(request.Inputs, [.. taken.Take(used)]);
        var known = new HashSet<string>(calibration.SampleHashes.Select(Convert.ToHexString), StringComparer.Ordinal);
        Sample[] rest = [.. taken.Skip(used).Where(sample => !known.Contains(Convert.ToHexString(sample.ContentHash())))];
        return new LoadedData(calibration, rest.Length > 0 ? new CalibrationSet(request.Inputs, rest) : null) { OtherClasses = source.OtherClasses };
    }

    private const int LeastToSplit = 16;

    private static ISampleSource OpenFile(DataRequest request)
    {
        if (EndsWith(request.FullPath, ".npz", ".npy")) return new ArraySource(request, [""]);
        if (request.Text is not null && DataFiles.IsText(request.FullPath)) return new TextSource(request, [""]);
        throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, "a single file must be .npz, .npy or .txt; images and ONNX test sets are given by their folder");
    }

    private static IEnumerable<string> RelativeFiles(DataRequest request)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        try
        {
            return [.. Directory.EnumerateFiles(request.FullPath, "*", options).Select(path => Path.GetRelativePath(request.FullPath, path).Replace('\\', '/'))];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw request.Fail(PruneDiagnostics.DataFileUnreadable, request.Path, problem.Message);
        }
    }

    private static bool EndsWith(string path, params string[] ends) => ends.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Samples for calibration, and others to check the outcome on.</summary>
/// <param name="Calibration">Used to decide and to refit.</param>
/// <param name="HoldOut">Never used to decide; null where the data has too few samples.</param>
internal sealed record LoadedData(CalibrationSet Calibration, CalibrationSet? HoldOut)
{
    /// <summary>Samples that were left out, because they are of classes that are not kept.</summary>
    public int OtherClasses { get; init; }

    /// <summary>The same, each calibration sample counting <paramref name="weight"/> times.</summary>
    public LoadedData WithWeight(double weight) => weight == 1 ? this : this with { Calibration = Calibration.WithWeight(weight) };

    /// <summary>These calibration samples, then those of <paramref name="common"/> that are in neither set.</summary>
    /// <remarks>One after the other: all statistics are sums over the samples, and runs of one shape stay whole.</remarks>
    public CalibrationSet Join(CalibrationSet common)
    {
        var known = new HashSet<string>(Calibration.SampleHashes.Concat(HoldOut?.SampleHashes ?? []).Select(Convert.ToHexString), StringComparer.Ordinal);
        IEnumerable<Sample> added = common.Samples.Where((_, i) => !known.Contains(Convert.ToHexString(common.SampleHashes[i])));
        return new CalibrationSet(Calibration.Inputs, [.. Calibration.Samples, .. added]);
    }
}
