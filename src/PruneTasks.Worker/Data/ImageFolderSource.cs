using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;
using StbImageSharp;

namespace PruneTasks.Worker.Data;

/// <summary>A folder of images, searched with all its sub-folders; a sub-folder's name is the class.</summary>
internal sealed class ImageFolderSource : ISampleSource
{
    // Decoded in parallel, delivered in order. Small enough not to decode many images more than are asked for.
    private const int Ahead = 16;

    private static readonly byte[] LfsPointer = [.. "version https://git-lfs"u8];

    private readonly DataRequest _request;
    private readonly ImageInput _input;
    private readonly IReadOnlyList<(string Path, int? Label)> _order;

    /// <param name="request">What is asked for.</param>
    /// <param name="paths">The images, relative to the folder, with '/'.</param>
    public ImageFolderSource(DataRequest request, IReadOnlyList<string> paths)
    {
        _request = request;
        _input = ImageInput.For(request);
        var labels = new ClassLabels(request.Labels, request.Classes, paths);
        (string Path, (string Folder, int? Label) Class)[] all = [.. paths.Order(StringComparer.Ordinal).Select(path => (Path: path, Class: labels.Of(path)))];
        _order = [.. SampleOrder.Spread(all.Where(item => request.Keeps(item.Class.Label)), item => item.Class.Folder, request.Seed)
            .Select(item => (item.Path, request.Label(item.Class.Label)))];
        OtherClasses = all.Length - _order.Count;
        if (_order.Count == 0) throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, "none of its images is of a class in 'prune.classes'");
    }

    /// <inheritdoc/>
    public int OtherClasses { get; }

    /// <inheritdoc/>
    public IEnumerable<Sample> Read(ICollection<PruneDiagnostic> diagnostics)
    {
        string? firstProblem = null;
        bool any = false;
        for (int start = 0; start < _order.Count; start += Ahead)
        {
            var decoded = new Decoded[Math.Min(Ahead, _order.Count - start)];
            Parallel.For(0, decoded.Length, i => decoded[i] = Decode(_order[start + i].Path, _order[start + i].Label));
            foreach (Decoded item in decoded)
            {
                if (item.Fatal is not null) throw item.Fatal;
                if (item.Sample is not null)
                {
                    any = true;
                    yield return item.Sample;
                    continue;
                }
                firstProblem ??= $"'{item.Path}': {item.Problem}";
                diagnostics.Add(PruneDiagnostics.ImageUnreadable.In(FullPath(item.Path), item.Path, item.Problem!));
            }
        }
        if (!any) throw _request.Fail(PruneDiagnostics.AllImagesUnreadable, _order.Count, _request.Path, firstProblem!);
    }

    private Decoded Decode(string path, int? label)
    {
        ImageResult image;
        try
        {
            byte[] file = File.ReadAllBytes(FullPath(path));
            if (file.AsSpan().StartsWith(LfsPointer)) return new Decoded(path) { Problem = "it is a Git LFS pointer; run 'git lfs pull'" };
            image = ImageResult.FromMemory(file, ColorComponents.RedGreenBlue);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // The decoder reports bad files by exceptions of many types, also by indexes out of range.
            return new Decoded(path) { Problem = problem.Message };
        }
        try
        {
            TensorData tensor = _input.ToTensor(image.Data, image.Width, image.Height);
            return new Decoded(path) { Sample = new Sample(path, [tensor], label) };
        }
        catch (ArgumentException problem)
        {
            return new Decoded(path) { Fatal = _request.Fail(PruneDiagnostics.DataDoesNotFit, path, problem.Message) };
        }
    }

    private string FullPath(string path) => Path.Combine(_request.FullPath, path);

    /// <summary>What became of one file; exactly one of the three is set.</summary>
    private sealed record Decoded(string Path)
    {
        public Sample? Sample { get; init; }

        public string? Problem { get; init; }

        public PruneDiagnosticException? Fatal { get; init; }
    }
}
