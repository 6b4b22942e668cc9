using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Builds in several steps: each takes a share of the units on the network that the steps before left, may half-gate more than must go and bring back what
/// is missed most, and is accepted or rolled back by samples held back (docs/decisions/0012).
/// </summary>
public sealed class StepBuilder
{
    private readonly OnnxModel _model;
    private readonly LoweredGraph _dense;
    private readonly InferredShapes _shapes;
    private readonly BuildSettings _settings;
    private readonly StepSettings _steps;
    private readonly Dictionary<Node, int> _position;

    /// <summary>Prepares a build; <paramref name="dense"/> is not changed.</summary>
    public StepBuilder(OnnxModel model, LoweredGraph dense, InferredShapes shapes, BuildSettings settings, StepSettings steps)
    {
        (_model, _dense, _shapes, _settings, _steps) = (model, dense, shapes, settings, steps);
        _position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
    }

    /// <summary>Goes on from what <see cref="StepSupport.Store"/> kept, or from the dense network, until the plan is reached or no step is accepted any more.</summary>
    /// <param name="plan">Widths in the end.</param>
    /// <param name="calibration">Samples for statistics and refits.</param>
    /// <param name="support">See there.</param>
    /// <param name="cancellation">Looked at between layers; what was accepted stays in the store.</param>
    /// <exception cref="ArgumentException">The plan cuts a kind of site that is only cut at once.</exception>
    public SteppedBuild Build(PrunePlan plan, CalibrationBatches calibration, StepSupport support, CancellationToken cancellation)
    {
        if (plan.Sites.FirstOrDefault(s => s.Remove > 0 && s.Site is not (FfnSite or QueryKeySite or ValueOutputSite)) is { } other)
            throw new ArgumentException($"'{other.Site.Name}' is not cut in steps", nameof(plan));
        using var off = no_grad();
        StepCheckpoint? kept = support.Store?.Load(_model.Graph, plan);
        StepState state = kept?.State ?? StepState.Start(plan);
        LoweredGraph network = _dense.Fork();
        try
        {
            foreach ((Value value, float[] content) in kept?.Weights ?? [])
            {
                using Tensor weight = TorchTypes.Aligned(tensor(content, network.Weight(value).shape));
                network.SetWeight(value, weight);
            }
            while (state.Progress.Open)
            {
                double share = state.Progress.Target(_steps.Steps);
                PrunePlan present = state.Reached(plan), next = StepSchedule.At(plan, share, _steps.Align, present, state.Progress.Frozen.ToHashSet());
                bool complete = Same(next, plan);
                if (Same(next, present))
                {
                    state = state with { Progress = state.Progress.Accept(share, complete) };
                    continue;
                }
                LoweredGraph candidate = network.Fork();
                StepOutcome outcome;
                try
                {
                    // Refits that pull to the refit before would forget the ridge step by step and overfit (docs/decisions/0012): they pull to the dense weights,
                    // or to the trained ones, and ranks are cut from the dense weights again.
                    bool anew = support.Training is null;
                    BufferedSite[] sites = [.. next.Sites.Select((s, i) => new BufferedSite(s.Site, state.Buffers[i], s.Keep, anew))];
                    Attempt(candidate, anew ? _dense : network, anew, next, sites, calibration, support.HoldOut, cancellation);
                    outcome = Judge(candidate, next, sites, share, state, support);
                    state = outcome.Verdict.Accepted ? Accepted(state, sites, outcome, share, complete, candidate, next, support, cancellation) : Refused(state, sites, outcome, share);
                }
                catch
                {
                    candidate.Dispose();
                    throw;
                }
                support.Log(Line(state.Outcomes[^1]));
                if (!outcome.Verdict.Accepted)
                {
                    candidate.Dispose();
                    continue;
                }
                network.Dispose();
                network = candidate;
                support.Store?.Save(new StepCheckpoint(state, [.. network.ChangedFrom(_dense).Select(v => KeyValuePair.Create(v, Content(network, v)))]));
            }
            return Result(plan, state, network);
        }
        finally
        {
            network.Dispose();
        }
    }

    /// <summary>Narrows, ranks and refits; in two ways through the network where there is a buffer.</summary>
    private void Attempt(LoweredGraph candidate, LoweredGraph anchor, bool anew, PrunePlan next, BufferedSite[] sites, CalibrationBatches calibration, HoldOutProbe? holdOut, CancellationToken cancellation)
    {
        RefitContext context = _settings.ContextFor(calibration.EffectiveSamples(), calibration.Batches.Count, _dense);
        IReadOnlyList<BuildStep> layers = BuildStep.From(next, _position);
        LayerSweep sweep = new(_dense, candidate, calibration);
        Dictionary<PruneSite, BufferedSite> of = sites.ToDictionary(s => s.Site, s => s, (IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance);
        if (anew)
        {
            foreach (Value weight in layers.SelectMany(l => l.Sites).Where(s => s.Site is not FfnSite).SelectMany(s => SiteAccess.Weights(s.Site)).Distinct())
            {
                using Tensor old = anchor.Weight(weight);
                candidate.SetWeight(weight, old);
            }
        }
        if (_steps.Capacity <= 0)
        {
            List<LayerCompression> works = [];
            sweep.Run(layers, layer => Add(works, new LayerCompression(layer, _shapes, context, site => of[site].Seen, anchor)), cancellation);
            foreach (SiteOutcome outcome in works.SelectMany(w => w.Outcomes))
            {
                BufferedSite site = of[outcome.Removal.Site];
                (site.Settlement, site.Error) = (new Settlement([.. site.Before.Live.Except(outcome.Removal.Kept)], [], 0), outcome.RelativeError);
            }
            return;
        }
        sweep.Run(layers, layer => new OvershootLayer(layer, _shapes, context, site => of[site], _steps.Capacity, anchor), cancellation);
        Settle(candidate, [.. sites.Where(s => s.Buffered.Count > 0)], holdOut);
        sweep.Run(layers, layer => new SettleLayer(layer, _shapes, context, site => of[site], anchor), cancellation);
    }

    /// <summary>Commits and restores by local regret; where two units are close, their return is tried out.</summary>
    private static void Settle(LoweredGraph candidate, BufferedSite[] sites, HoldOutProbe? holdOut)
    {
        Dictionary<(int Site, int Unit), IReadOnlyList<double>> measured = [];
        if (holdOut is not null)
        {
            (int Site, int Unit)[] tried = [.. RegretSettlement.AtTheLine([.. sites.Select(s => (s.Buffered, s.Going))], StepSettings.Tried)];
            IReadOnlyList<double> gated = tried.Length == 0 ? [] : holdOut.Measure(candidate).Loss;
            foreach ((int site, int unit) in tried)
            {
                using LoweredGraph open = candidate.Fork();
                sites[site].Gate!.Scale(open, [unit], 1 / StepSettings.Gate);
                measured[(site, unit)] = [.. gated.Zip(holdOut.Measure(open).Loss, (with, without) => with - without)];
            }
        }
        for (int i = 0; i < sites.Length; i++)
            sites[i].Settlement = RegretSettlement.Settle(sites[i].Buffered, sites[i].Going, measured.Where(m => m.Key.Site == i).ToDictionary(m => m.Key.Unit, m => m.Value));
    }

    private StepOutcome Judge(LoweredGraph candidate, PrunePlan next, BufferedSite[] sites, double share, StepState state, StepSupport support)
    {
        HoldOutFigures? figures = support.HoldOut?.Measure(candidate);
        // Prices are measured on samples that also fit the weights, so the first accepted step must tell how much more others lose.
        double? expected = state.Surprise is { } surprise ? support.Expected(next) * Math.Max(1, surprise) : null;
        int attempt = state.Outcomes.Count + 1;
        return new StepOutcome
        {
            Attempt = attempt,
            Share = share,
            Left = next.Pruned,
            Committed = sites.Sum(s => s.Settlement.Committed.Count),
            Restored = sites.Sum(s => s.Settlement.Restored.Count),
            Swaps = sites.Sum(s => s.Settlement.Swaps),
            Verdict = StepAcceptance.Judge(figures, _steps.Limits, share, expected, unchecked(_steps.Seed + attempt)),
            Agreement = figures?.Agreement?.Average(),
        };
    }

    private static StepState Accepted(
        StepState state, BufferedSite[] sites, StepOutcome outcome, double share, bool complete, LoweredGraph candidate, PrunePlan next, StepSupport support, CancellationToken cancellation)
    {
        // After the last step the caller may train as after any build.
        if (support.Training is { } training && !complete)
        {
            training(candidate, [.. sites.Where(s => s.After.Removed.Count > 0).Select(s => new SiteRemoval(s.Site, s.After.Live))], outcome.Attempt, cancellation);
            outcome = outcome with { LossAfterTraining = support.HoldOut?.Measure(candidate).Loss.Average() };
        }
        double? expected = support.Expected(next);
        return state with
        {
            Progress = state.Progress.Accept(share, complete),
            Buffers = [.. sites.Select(s => s.After)],
            Errors = [.. sites.Select(s => s.After.Removed.Count > 0 ? s.Going > 0 || s.Error > 0 ? s.Error : state.Errors[Array.IndexOf(sites, s)] : (double?)null)],
            Surprise = expected > 0 && outcome.Verdict.Loss is { } loss ? loss.Mean / expected.Value : state.Surprise,
            Outcomes = [.. state.Outcomes, outcome],
        };
    }

    private static StepState Refused(StepState state, BufferedSite[] sites, StepOutcome outcome, double share)
    {
        int worst = Enumerable.Range(0, sites.Length).Where(i => sites[i].Going > 0).MaxBy(i => sites[i].Error);
        // With one site alone left to narrow, freezing it would leave nothing to try.
        bool others = sites.Count(s => s.Going > 0) > 1;
        return state with
        {
            Progress = state.Progress.Refuse(share, others ? worst : null),
            Outcomes = [.. state.Outcomes, outcome with { Frozen = others && state.Progress.Halvings < StepProgress.MostHalvings ? sites[worst].Site.Name : null }],
        };
    }

    private SteppedBuild Result(PrunePlan plan, StepState state, LoweredGraph network)
    {
        PrunePlan reached = state.Reached(plan);
        SiteOutcome[] sites =
        [
            .. plan.Sites.Select((s, i) => (s.Site, Buffer: state.Buffers[i], Error: state.Errors[i])).Where(s => s.Buffer.Removed.Count > 0)
                .Select(s => new SiteOutcome(new SiteRemoval(s.Site, s.Buffer.Live), s.Error ?? 0)),
        ];
        return new SteppedBuild(new BuildResult(sites, network.ChangedFrom(_dense).ToDictionary(v => v, v => LayerWeights.Export(network, v))), reached, Same(reached, plan), state.Outcomes);
    }

    private static bool Same(PrunePlan a, PrunePlan b) => a.Sites.Select(s => s.Keep).SequenceEqual(b.Sites.Select(s => s.Keep));

    private static float[] Content(LoweredGraph network, Value value)
    {
        using var scope = NewDisposeScope();
        return network.Weight(value).to(float32).contiguous().reshape(-1).data<float>().ToArray();
    }

    private static LayerCompression Add(List<LayerCompression> works, LayerCompression work)
    {
        works.Add(work);
        return work;
    }

    private static string Line(StepOutcome o) => FormattableString.Invariant(
        $"step {o.Attempt}: {100 * o.Share:0.#} % of the removal, {o.Committed} units gone, {o.Restored} restored, loss {o.Verdict.Loss?.Mean:g3}: {(o.Verdict.Accepted ? "accepted" : "rolled back")} ({o.Verdict.Reason})");
}
