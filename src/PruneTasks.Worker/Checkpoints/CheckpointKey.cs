using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Running;

namespace PruneTasks.Worker.Checkpoints;

/// <summary>Says of which run a checkpoint is: everything that can change a bit of the weights goes into it, so that a stale checkpoint is never used.</summary>
internal static class CheckpointKey
{
    /// <summary>SHA-256, lower-case hex, over the tool, the spec, the model with its external data, all samples with their labels, and the threads.</summary>
    public static string Of(PruneJob job)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Module ids tell two builds of one version apart; sums in torch depend on the number of threads.
        Add(PruneRun.ToolVersion);
        foreach (Type part in new[] { typeof(CheckpointKey), typeof(StepBuilder), typeof(Pruning.StepState), typeof(OnnxModel), typeof(PruneSpec) }) Add(part.Module.ModuleVersionId.ToString());
        Add(string.Create(CultureInfo.InvariantCulture, $"threads {(job.Threads > 0 ? job.Threads : Environment.ProcessorCount)}"));
        Add(CanonicalSpec.Write(job.Spec));
        hash.AppendData(job.ModelBytes.Span);
        foreach (Value weight in job.Model.Graph.Initializers)
        {
            Add(weight.Name);
            if (weight.Constant is { } content) hash.AppendData(content.Bytes.Span);
        }
        Add(string.Create(CultureInfo.InvariantCulture, $"personal {job.PersonalSamples} {job.Calibration.ContentHash} held back {job.HoldOut?.ContentHash}"));
        Add(string.Join(' ', job.HoldOut?.Samples.Select(sample => sample.Label?.ToString(CultureInfo.InvariantCulture) ?? "-") ?? []));
        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
    }
}
