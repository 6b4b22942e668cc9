using System.Globalization;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Pipeline;

/// <summary>How many samples can go through the network side by side. From shapes alone, never from the machine: the same model is pruned alike everywhere.</summary>
internal static class CalibrationMemory
{
    /// <summary>Bytes for what streams keep between layers.</summary>
    private const long StreamBytes = 3L << 30;

    /// <summary>The dense stream and the one that is built.</summary>
    private const int Streams = 2;

    /// <summary>Bytes for the values of one run. So few that each lies in the heap and is used again: memory that comes from the system and goes back costs more than it holds (docs/decisions/0051).</summary>
    private const long RunBytes = 32L << 20;

    /// <summary>Input, output and what an operator needs between.</summary>
    private const int ValuesOfRun = 4;

    private const int LargestBatch = 32;

    /// <summary>Samples and views that there is room for, at least one.</summary>
    public static int Room(ActivationMemory memory) => (int)Math.Clamp(StreamBytes / Streams / Math.Max(1, memory.WidestCut), 1, int.MaxValue);

    /// <summary>Samples of one batch.</summary>
    public static int BatchSize(ActivationMemory memory) => (int)Math.Clamp(RunBytes / ValuesOfRun / Math.Max(1, memory.Widest), 1, LargestBatch);

    /// <summary>The job with as many samples as there is room for, personal and common in the same proportion, each spread evenly over what there was.</summary>
    /// <param name="job">The job.</param>
    /// <param name="memory">What one sample takes.</param>
    /// <param name="warnings">Gets a line if samples are left out.</param>
    public static PruneJob Fit(PruneJob job, ActivationMemory memory, List<PruneDiagnostic> warnings)
    {
        int room = Room(memory), count = job.Calibration.Count;
        if (count <= room) return job;
        int personal = Share(job.PersonalSamples), common = Share(count - job.PersonalSamples);
        warnings.Add(PruneDiagnostics.SamplesLeftOut.At(
            job.Spec.File, job.Spec.PlaceNear("data"), personal + common, count, string.Create(CultureInfo.InvariantCulture, $"{memory.WidestCut / 1e6:F0} MB")));
        IReadOnlyList<Sample> all = job.Calibration.Samples;
        return job with
        {
            Calibration = new CalibrationSet(job.Calibration.Inputs, [.. Spread(0, job.PersonalSamples, personal), .. Spread(job.PersonalSamples, count - job.PersonalSamples, common)]),
            PersonalSamples = personal,
        };

        int Share(int part) => part == 0 ? 0 : Math.Max(1, (int)((long)part * room / count));
        IEnumerable<Sample> Spread(int start, int length, int take) => Enumerable.Range(0, take).Select(i => all[start + (int)((long)i * length / take)]);
    }
}
