using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Distillation;

/// <summary>Distance of a network's answers from the dense network's: KL(dense ‖ network) in nats of the first output, or its squared error over the dense variance; that of every other floating output added.</summary>
internal sealed class DistillLoss(LoweredGraph dense, Observation first)
{
    private readonly Value[] _outputs = [.. dense.Graph.Outputs.Where(o => o.Type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64)];

    /// <summary>Loss of one portion: for each sample along the first axis where there is one (<paramref name="samples"/> of them), else one number.</summary>
    public Tensor Of(LoweredGraph network, IReadOnlyDictionary<Value, Tensor> inputs, int samples)
    {
        IReadOnlyList<Tensor> targets;
        using (no_grad()) targets = dense.Run(inputs, _outputs);
        IReadOnlyList<Tensor> answers = network.Run(inputs, _outputs);
        Tensor sum = zeros(1, float64);
        for (int i = 0; i < _outputs.Length; i++)
            sum = sum + PerSample(One(i == 0 && _outputs[0] == dense.Graph.Outputs[0] ? first : Observation.SquaredError, targets[i], answers[i]), samples);
        return sum;
    }

    private static Tensor One(Observation kind, Tensor target, Tensor answer)
    {
        if (kind == Observation.SquaredError || target.ndim == 0) return (answer - target).square() / (target - target.mean()).square().mean().clamp_min(1e-12);
        // A small divergence is a difference of large numbers.
        (target, answer) = (WatchedOutputs.Scores(target).to(float64), WatchedOutputs.Scores(answer).to(float64));
        bool distributions;
        using (no_grad()) distributions = Observations.AreDistributions(target);
        Tensor p = distributions ? target.clamp_min(1e-12).log() : target.log_softmax(-1), q = distributions ? answer.clamp_min(1e-12).log() : answer.log_softmax(-1);
        return (p.exp() * (p - q)).sum(-1);
    }

    private static Tensor PerSample(Tensor loss, int samples) =>
        (samples > 1 && loss.ndim > 0 && loss.shape[0] == samples ? loss.reshape(samples, -1).mean([1L]) : loss.mean().reshape(1)).to(float64);
}
