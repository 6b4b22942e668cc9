using System.Globalization;
using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Distillation;

/// <summary>
/// Trains a masked network for a few steps so that it answers as the dense one does; no labels. Only weights that read pruned units, biases and
/// normalisations move, and rows of removed units stay exactly zero, so the units can still be removed afterwards.
/// </summary>
/// <param name="dense">The dense network; not changed.</param>
/// <param name="fit">Samples and views to train on.</param>
/// <param name="holdOut">Samples that have a veto, if there are enough of them.</param>
/// <param name="options">How.</param>
public sealed class Distiller(LoweredGraph dense, CalibrationBatches fit, CalibrationBatches? holdOut, DistillOptions options)
{
    /// <summary>Fewer held-out samples than this tell nothing: they are reported only.</summary>
    public const int VetoSamples = 128;

    /// <summary>Fit samples on which the loss before and after is told.</summary>
    private const int ReportSamples = 256;

    /// <summary>Looks at held-out samples in all.</summary>
    private const int Looks = 5;

    private readonly DistillLoss _loss = new(dense, options.Observation);

    /// <summary>Trains; <paramref name="network"/> gets the new weights, or keeps its own where that fails or held-out samples are against it.</summary>
    /// <param name="network">A fork of the dense network in which removed units are gone in effect.</param>
    /// <param name="sites">Sites of which units are removed.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    public DistillOutcome Train(LoweredGraph network, IReadOnlyList<PruneSite> sites, CancellationToken cancellationToken)
    {
        if (sites.Count == 0 || options.Steps == 0) return new DistillOutcome { Steps = 0 };
        TrainableWeights weights = TrainableWeights.Of(network.Graph, sites);
        using DisposeScope scope = NewDisposeScope();
        Dictionary<Value, Tensor> old = weights.All.ToDictionary(v => v, v => network.Weight(v));
        try
        {
            return Train(network, weights, old, cancellationToken);
        }
        catch (Exception e) when (e is ExternalException or LoweringException)
        {
            Put(network, old);
            return new DistillOutcome { Steps = 0, Remarks = [$"not trained: {e.Message.Split('\n')[0]}"] };
        }
        catch (OperationCanceledException)
        {
            Put(network, old);
            throw;
        }
    }

    private DistillOutcome Train(LoweredGraph network, TrainableWeights weights, Dictionary<Value, Tensor> old, CancellationToken cancellationToken)
    {
        List<string> remarks = [];
        double[] heldBefore = holdOut is null ? [] : Losses(network, holdOut, [.. Enumerable.Range(0, holdOut.Batches.Count)]);
        int[] told = fit.Spread(ReportSamples);
        double before = Losses(network, fit, told).Average();
        bool veto = holdOut is not null && heldBefore.Length >= VetoSamples;
        List<Value> trained = [.. weights.All];
        Dictionary<Value, Tensor> leaves = trained.ToDictionary(v => v, v => old[v].detach().clone().requires_grad_(true));
        Dictionary<Value, Tensor> keeps = weights.Matrices.ToDictionary(v => v, v => old[v].ne(0));
        foreach ((Value value, Tensor leaf) in leaves) network.SetWeight(value, leaf);
        Dictionary<Value, AdamStep> adam = trained.ToDictionary(v => v, v => new AdamStep(leaves[v]));
        SampleDraw draw = new(fit, options.Seed);
        (double[] Losses, Dictionary<Value, Tensor> Weights, int Step) best = (heldBefore, old, 0);
        long samples = 0;
        int step = 0;
        bool stop = false;
        for (; step < options.Steps && !stop; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            options.Progress?.Invoke(step, options.Steps);
            using DisposeScope inner = NewDisposeScope();
            Tensor?[] gradients = Gradients(network, draw.Next(options.Batch), [.. trained.Select(v => leaves[v])], ref samples);
            if (step == 0) Drop([.. trained.Where((_, i) => gradients[i] is null)]);
            gradients = [.. gradients.Where(g => g is not null)];
            if (gradients.Any(g => !g!.isfinite().all().item<bool>()))
            {
                remarks.Add(string.Create(CultureInfo.InvariantCulture, $"the gradient of step {step + 1} is not finite"));
                best = (heldBefore, old, 0);
                stop = true;
                break;
            }
            double rate = options.Rate * (1 - ((double)step / options.Steps));
            for (int i = 0; i < trained.Count; i++)
                adam[trained[i]].Move(leaves[trained[i]], keeps.TryGetValue(trained[i], out Tensor? keep) ? gradients[i]! * keep : gradients[i]!, rate);
            if (!veto || ((step + 1) % Math.Max(1, options.Steps / Looks) != 0 && step + 1 < options.Steps)) continue;
            double[] now = Losses(network, holdOut!, [.. Enumerable.Range(0, holdOut!.Batches.Count)]);
            if (IsWorse(now, best.Losses))
            {
                remarks.Add(string.Create(CultureInfo.InvariantCulture, $"held-out samples got worse: stopped after {step + 1} steps"));
                stop = true;
            }
            else if (now.Average() < best.Losses.Average())
            {
                if (best.Step > 0)
                    foreach (Tensor tensor in best.Weights.Values) tensor.Dispose();
                best = (now, leaves.ToDictionary(l => l.Key, l => l.Value.detach().clone().DetachFromDisposeScope()), step + 1);
            }
        }
        bool chosen = stop || veto;
        if (chosen && best.Step < step) remarks.Add(string.Create(CultureInfo.InvariantCulture, $"the weights after {best.Step} steps were kept"));
        Put(network, [.. trained.Select(v => (v, chosen ? best.Weights[v] : leaves[v]))]);
        foreach (AdamStep one in adam.Values) one.Dispose();
        bool reverted = chosen && best.Step == 0;
        double after = Losses(network, fit, told).Average();
        // Adam's steps do not shrink with the loss: next to a perfect network they lead away.
        if (!reverted && !(after < before))
        {
            remarks.Add(string.Create(CultureInfo.InvariantCulture, $"the loss on fit samples went from {before:G4} to {after:G4}: the weights from before were kept"));
            Put(network, [.. trained.Select(v => (v, old[v]))]);
            (reverted, after) = (true, before);
        }
        double[] heldAfter = holdOut is null ? [] : Losses(network, holdOut, [.. Enumerable.Range(0, holdOut.Batches.Count)]);
        return new DistillOutcome
        {
            Steps = step,
            LossBefore = before,
            LossAfter = after,
            HoldOutBefore = holdOut is null ? null : heldBefore.Average(),
            HoldOutAfter = holdOut is null ? null : heldAfter.Average(),
            HoldOutSamples = holdOut?.Samples ?? 0,
            Parameters = trained.Sum(v => v.Constant!.Count),
            Samples = samples,
            Changed = reverted ? [] : trained,
            Remarks = remarks,
        };

        void Drop(Value[] unreached)
        {
            foreach (Value value in unreached)
            {
                network.SetWeight(value, old[value]);
                trained.Remove(value);
                remarks.Add($"'{value.Name}' was left as it is: no gradient reaches it");
            }
        }
    }

    private Tensor?[] Gradients(LoweredGraph network, IReadOnlyList<Portion> portions, IReadOnlyList<Tensor> leaves, ref long samples)
    {
        using var on = enable_grad();
        var sums = new Tensor?[leaves.Count];
        foreach (Portion portion in portions)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor loss = _loss.Of(network, portion.Inputs, portion.Samples).mean() * portion.Share;
            IList<Tensor> one = loss.requires_grad ? autograd.grad([loss], [.. leaves], null, retain_graph: false, create_graph: false, allow_unused: true) : new Tensor[leaves.Count];
            for (int i = 0; i < leaves.Count; i++)
                if (one[i] is { IsInvalid: false } gradient) sums[i] = (sums[i] is { } sum ? sum + gradient : gradient).MoveToOuterDisposeScope();
            samples += portion.Samples;
        }
        return sums;
    }

    /// <summary>Loss of each sample, or of each batch where samples cannot be told apart; on a fork, so that nothing computed here without a gradient is kept.</summary>
    private double[] Losses(LoweredGraph network, CalibrationBatches samples, IReadOnlyList<int> batches)
    {
        using var off = no_grad();
        using LoweredGraph fork = network.Fork();
        List<double> losses = [];
        foreach (int b in batches)
        {
            using DisposeScope scope = NewDisposeScope();
            losses.AddRange(_loss.Of(fork, samples.Batches[b], samples.SamplesOf(b)).data<double>());
        }
        return [.. losses];
    }

    /// <summary>Worse by more than two standard errors of the paired difference.</summary>
    internal static bool IsWorse(IReadOnlyList<double> now, IReadOnlyList<double> before)
    {
        double[] rise = [.. now.Zip(before, (a, b) => a - b)];
        double mean = rise.Average();
        return mean > 2 * Math.Sqrt(rise.Sum(x => (x - mean) * (x - mean)) / Math.Max(1, rise.Length - 1) / rise.Length);
    }

    private static void Put(LoweredGraph network, IEnumerable<KeyValuePair<Value, Tensor>> weights) => Put(network, [.. weights.Select(w => (w.Key, w.Value))]);

    private static void Put(LoweredGraph network, IReadOnlyList<(Value Weight, Tensor Content)> weights)
    {
        using var off = no_grad();
        foreach ((Value weight, Tensor content) in weights)
        {
            using Tensor own = content.detach().clone();
            network.SetWeight(weight, own);
        }
    }
}
