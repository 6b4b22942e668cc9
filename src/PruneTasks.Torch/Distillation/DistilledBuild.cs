using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;

namespace PruneTasks.Torch.Distillation;

/// <summary>Distillation of a finished build.</summary>
public static class DistilledBuild
{
    /// <summary>Trains what <paramref name="build"/> gave; the same units stay.</summary>
    /// <param name="build">A build.</param>
    /// <param name="dense">The dense network that it was made from; not changed.</param>
    /// <param name="distiller">Trains.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <returns>The build with the changed weights among its own, and what was done.</returns>
    public static (BuildResult Build, DistillOutcome Outcome) Refine(BuildResult build, LoweredGraph dense, Distiller distiller, CancellationToken cancellationToken)
    {
        using LoweredGraph network = dense.Fork();
        foreach ((Value value, TensorData data) in build.Weights)
        {
            using torch.Tensor content = TorchTypes.ToTensor(data);
            network.SetWeight(value, content);
        }
        DistillOutcome outcome = distiller.Train(network, [.. build.Sites.Where(s => s.Removal.Kept.Count < s.Removal.Site.Units).Select(s => s.Removal.Site)], cancellationToken);
        Dictionary<Value, TensorData> weights = new(build.Weights);
        foreach (Value value in outcome.Changed) weights[value] = LayerWeights.Export(network, value);
        return (build with { Weights = weights }, outcome);
    }
}
