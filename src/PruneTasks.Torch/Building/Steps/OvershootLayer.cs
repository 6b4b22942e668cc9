using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>First half of a step at one layer: ranks what is left, half-gates more units than must go, and refits the others around them.</summary>
internal sealed class OvershootLayer(BuildStep step, InferredShapes shapes, RefitContext context, Func<PruneSite, BufferedSite> state, double capacity, LoweredGraph? anchor) : LayerWork
{
    private readonly SiteCompression[] _parts = [.. step.Sites.Select(s => SiteAccess.Compression(s.Site, shapes, context, state(s.Site).Seen, anchor))];
    private readonly RefitTarget? _heads = step.ValueOutput?.Site is ValueOutputSite { Attention.Output: { } output } ? RefitTarget.Of(output.Layer, shapes) : null;

    /// <inheritdoc/>
    public override Value[] Targets => [.. _parts.SelectMany(p => p.Targets), .. _heads?.Dense ?? []];

    /// <inheritdoc/>
    public override void Do(ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
    {
        foreach (SiteCompression part in _parts) part.Gather(pruned, batch => dense(batch, part.Targets));
        foreach ((SiteCompression part, SitePlan plan) in _parts.Zip(step.Sites))
        {
            BufferedSite site = state(plan.Site);
            // A branch that goes as a whole has nothing to choose from: it goes in the second half.
            if (site.Keep == 0) site.Settlement = new Settlement(site.Before.Live, [], 0);
            else if (part is FfnCompression neurons) Neurons(neurons, site, pruned);
            else if (site.Going > 0 || site.Seen is null) Directions(part, site, pruned);
        }
        if (_heads is null) return;
        BufferedSite values = state(step.ValueOutput!.Site);
        var where = (ValueOutputSite)values.Site;
        using Refit refit = LayerCompression.Gather(_heads, context, pruned, dense);
        int[] gated = [.. values.Buffered.Select(b => b.Unit)];
        int[] kept = [.. values.Before.Live.Except(gated)];
        if (gated.Length == 0)
        {
            values.Error = refit.Solve(pruned.Graph, LayerCompression.Rows(where, kept));
            return;
        }
        int heads = where.Output.Rows.Count;
        double[] regrets = refit.SolveGated(
            pruned.Graph, LayerCompression.Rows(where, kept), [.. gated.SelectMany(unit => where.Attention.Output!.Rows.Select(head => head[unit]))], StepSettings.Gate);
        values.Buffered = [.. gated.Select((unit, i) => new BufferedUnit(unit, regrets.Skip(i * heads).Take(heads).Sum()))];
        values.Gate = new UnitGate([new GatedRows(_heads.Layer, unit => where.Attention.Output!.Rows.Select(head => head[unit]), refit.Means())], [], []);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (SiteCompression part in _parts) part.Dispose();
    }

    private void Neurons(FfnCompression part, BufferedSite site, ActivationStream pruned)
    {
        IReadOnlyList<int> live = site.Before.Live;
        (int[] kept, int[] gated) = site.Going > 0 ? site.Fill([.. part.Order(pruned.Graph).Select(i => live[i])], capacity) : ([.. live], []);
        if (gated.Length == 0)
        {
            site.Error = part.FitOn(pruned.Graph, kept, anchor);
            return;
        }
        double[] regrets = part.FitOn(pruned.Graph, kept, gated, StepSettings.Gate, anchor);
        site.Buffered = [.. gated.Zip(regrets, (unit, regret) => new BufferedUnit(unit, regret))];
        site.Gate = new UnitGate([.. ((FfnSite)site.Site).Consumers.Select(layer => new GatedRows(layer, unit => [unit], part.Means()))], [], []);
    }

    /// <summary>Turns each head to its own directions, in order of what they carry; those at the end are the units to go.</summary>
    private void Directions(SiteCompression part, BufferedSite site, ActivationStream pruned)
    {
        IReadOnlyList<int> seen = site.Seen ?? [.. Enumerable.Range(0, site.Before.Units)];
        double[] errors = part.Errors(pruned.Graph);
        part.Apply(pruned.Graph, seen.Count);
        (_, int[] gated) = site.Fill([.. site.Before.Live.Reverse()], capacity);
        Dictionary<int, int> place = seen.Select((unit, i) => (unit, i)).ToDictionary(p => p.unit, p => p.i);
        // What direction i carries: the error with i directions less that with i + 1.
        site.Buffered = [.. gated.Select(unit => new BufferedUnit(unit, At(place[unit]) - At(place[unit] + 1)))];
        site.Error = errors[0] > 0 ? At(site.Keep) / errors[0] : 0;
        if (site.Site is not QueryKeySite a) return;
        GatedColumns query = new(a.Query.Layer, unit => a.Query.Columns.Select(head => head[unit])), key = new(a.Key.Layer, unit => a.Key.Columns.Select(head => head[unit]));
        site.Gate = new UnitGate([], [query], [query, key]);
        site.Gate.Clear(pruned.Graph, site.Before.Removed);
        site.Gate.Scale(pruned.Graph, gated, StepSettings.Gate);

        // A value-output map has no more directions than the layer after it has outputs.
        double At(int kept) => kept < errors.Length ? errors[kept] : 0;
    }
}
