using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Progress;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Everything that pruning one model needs, already read and checked.</summary>
internal sealed record PruneJob
{
    /// <summary>What the user wrote, with defaults.</summary>
    public required PruneSpec Spec { get; init; }

    /// <summary>Name of the model, for file names and messages.</summary>
    public required string Name { get; init; }

    /// <summary>The dense model's file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>Its bytes.</summary>
    public required ReadOnlyMemory<byte> ModelBytes { get; init; }

    /// <summary>The dense model, read from these bytes. Not to be edited: <see cref="LoadModel"/> gives a copy that may be.</summary>
    public required OnnxModel Model { get; init; }

    /// <summary>Folder of its weights in other files; <see langword="null"/> for that of <see cref="ModelPath"/>.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Bytes of the dense model on the disk, with those of weights in other files.</summary>
    public long ModelLength { get => field > 0 ? field : ModelBytes.Length; init; }

    /// <summary>The app's own data, and everyone's where the spec names some: decides and refits.</summary>
    public required CalibrationSet Calibration { get; init; }

    /// <summary>How many samples of <see cref="Calibration"/>, the first ones, are the app's own; the others are everyone's.</summary>
    public required int PersonalSamples { get; init; }

    /// <summary>More of the app's own data, held back: checks and vetoes only. Null where the data has too few samples.</summary>
    public CalibrationSet? HoldOut { get; init; }

    /// <summary>The classes that are kept; null for all.</summary>
    public ClassScores? Classes { get; init; }

    /// <summary>How texts enter the model; null where they do not.</summary>
    public TextManifest? Text { get; init; }

    /// <summary>The model is a decoder whose caches were taken off (<see cref="StatesApart"/>), to be put back.</summary>
    public bool CachesApart { get; init; }

    /// <summary>Results of attention operators that are to come back as they are but for their heads; whole key and value groups alone may go there (docs/decisions/0057).</summary>
    public IReadOnlySet<string> WholeOperators { get; init; } = new HashSet<string>();

    /// <summary>Threads; 0 for all cores.</summary>
    public int Threads { get; init; }

    /// <summary>Threads that there could be if the spec did not ask for one; 0 where it does not, or where there are no more.</summary>
    public int ThreadsUnused { get; init; }

    /// <summary>Folder of libtorch, if the request names one.</summary>
    public string? LibTorch { get; init; }

    /// <summary>Folder for the steps of a long build; null to keep none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Told how far the run is.</summary>
    public IRunProgress Progress { get; init; } = new LineProgress(static _ => { });

    /// <summary>Takes one line on the progress. Never read by a program.</summary>
    public Action<string> Log => Progress.Line;

    /// <summary>The file that rewrites are held against: the dense model, or its answer among the classes that are kept.</summary>
    public ModelImage Reference()
    {
        if (Classes is not { } classes) return ModelImage.Of(Model);
        OnnxModel restricted = LoadModel();
        ClassRows.Select(restricted, classes);
        return ModelImage.Of(restricted);
    }

    /// <summary>The dense model, untouched.</summary>
    public ModelImage AsItCame() => Model.Store is null ? ModelBytes.ToArray() : ModelImage.Of(Model);

    /// <summary>The dense model, read again.</summary>
    public OnnxModel LoadModel() => OnnxReader.Load(ModelBytes, ModelFolder ?? Path.GetDirectoryName(Path.GetFullPath(ModelPath)), Model.Store);
}
