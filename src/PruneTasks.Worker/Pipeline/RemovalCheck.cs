using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>A place that is left dense, because its removal is not exact.</summary>
/// <param name="Site">The place.</param>
/// <param name="Why">What was different.</param>
internal sealed record InexactSite(PruneSite Site, string Why);

/// <summary>
/// Before anything is refitted: at every place some units are switched off, and removed in a copy. Both have to give the same in ONNX Runtime on real
/// inputs. Places where they do not are found by halving, and left dense.
/// </summary>
/// <remarks>Two sessions and a few runs where all is well, which is the rule (docs/decisions/0023).</remarks>
internal sealed class RemovalCheck
{
    // A quarter of the units: every place acts, and the signal gets through to the outputs.
    private const int OneIn = 4;

    private readonly ModelImage _model;
    private readonly IReadOnlyList<PruneSite> _sites;
    private readonly IReadOnlyList<int[]> _kept;
    private readonly Func<OnnxModel, UnitInventory> _find;
    private readonly IReadOnlyList<IReadOnlyList<TensorData>> _inputs;
    private readonly double _tolerance;
    private readonly int _threads;
    private string _why = "";
    private bool _refused;
    private string _name = "";

    private RemovalCheck(PreparedModel model, CalibrationSet samples, Func<OnnxModel, UnitInventory> find, int seed, int threads)
    {
        (_sites, _find, _threads) = (model.Inventory.Sites, find, threads);
        _model = ModelImage.Of(model.Model);
        _kept = [.. _sites.Select((site, i) => Kept(site.Units, new Random(seed + i)))];
        _inputs = [.. CheckInputs.Of(samples)];
        _tolerance = Verification.Tolerance(model.Model);
    }

    /// <summary>Checks all places of a model.</summary>
    /// <param name="model">The model; not changed.</param>
    /// <param name="samples">Real inputs, of which a few are run.</param>
    /// <param name="seed">Chooses the units.</param>
    /// <param name="threads">Threads; 0 for all cores.</param>
    /// <param name="find">Finds the places again in a copy; the same by default.</param>
    /// <param name="name">What the model is called in messages.</param>
    /// <returns>Places that have to stay dense, in the model's order.</returns>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime does not run the dense model.</exception>
    public static IReadOnlyList<InexactSite> Run(PreparedModel model, CalibrationSet samples, int seed, int threads, Func<OnnxModel, UnitInventory>? find = null, string name = "dense model")
    {
        if (model.Inventory.Sites.Count == 0) return [];
        RemovalCheck check = new(model, samples, find ?? (copy => UnitFinder.Find(copy, ShapeInference.Run(copy, ShapeBinding.Taken(copy)))), seed, threads) { _name = name };
        List<int> accepted = [];
        List<InexactSite> wrong = [];
        check.Add([.. Enumerable.Range(0, model.Inventory.Sites.Count)], accepted, wrong);
        return [.. wrong.OrderBy(w => check.Index(w.Site))];
    }

    /// <summary>Takes in what is exact together with what was taken in before; halves until the rest is single places.</summary>
    private void Add(int[] sites, List<int> accepted, List<InexactSite> wrong)
    {
        if (IsExact([.. accepted, .. sites]))
        {
            accepted.AddRange(sites);
        }
        else if (sites.Length == 1)
        {
            wrong.Add(new InexactSite(_sites[sites[0]], _why));
        }
        else
        {
            Add(sites[..(sites.Length / 2)], accepted, wrong);
            Add(sites[(sites.Length / 2)..], accepted, wrong);
        }
    }

    private int Index(PruneSite site) => Enumerable.Range(0, _sites.Count).First(i => ReferenceEquals(_sites[i], site));

    private bool IsExact(int[] sites)
    {
        try
        {
            // What is written for one trial is of no use to the next.
            using TensorStore? scratch = _model.Store?.Child();
            (OnnxModel gated, SiteRemoval[] off) = Copy(sites, scratch);
            UnitGate.Apply(gated.Graph, off);
            (OnnxModel removed, SiteRemoval[] taken) = Copy(sites, scratch);
            PhysicalRemoval.Apply(removed, taken, ShapeInvariants.Find(removed));
            using OrtSession before = Open(gated);
            return IsSame(before, ModelImage.Of(removed));
        }
        catch (Exception problem) when (!_refused && (problem is PruneDiagnosticException or OnnxRuntimeException or InvalidOperationException or ArgumentException or KeyNotFoundException or OverflowException))
        {
            // Whatever goes wrong in a removal is a removal that is not exact.
            _why = problem.Message;
            return false;
        }
    }

    // The same operators as in the dense model: if ONNX Runtime refuses that too, no place is to blame.
    private OrtSession Open(OnnxModel gated)
    {
        try
        {
            return ModelImage.Of(gated).Open("gated model", _threads);
        }
        catch (PruneDiagnosticException)
        {
            _refused = true;
            using (_model.Open(_name, _threads)) _refused = false;
            throw;
        }
    }

    private bool IsSame(OrtSession before, ModelImage removed)
    {
        using OrtSession after = removed.Open("model with units removed", _threads);
        int ran = 0;
        foreach (IReadOnlyList<TensorData> inputs in _inputs)
        {
            IReadOnlyList<TensorData?> expected;
            try
            {
                expected = before.Run(inputs);
            }
            catch (OnnxRuntimeException) when (ran > 0)
            {
                // The model does not take this shape, whatever it declares; the first one it has to take.
                continue;
            }
            ran++;
            IReadOnlyList<TensorData?> found = after.Run(inputs);
            for (int i = 0; i < expected.Count; i++)
            {
                if (OutputDistance.Between(expected[i], found[i]) is var distance && distance.Relative <= _tolerance) continue;
                _why = distance.Why ?? FormattableString.Invariant($"output '{before.OutputNames[i]}' differs by {distance.Relative:g3} of its size from that of the model in which the units are switched off; allowed is {_tolerance:g3}");
                return false;
            }
        }
        return true;
    }

    private (OnnxModel Model, SiteRemoval[] Removals) Copy(int[] sites, TensorStore? scratch)
    {
        OnnxModel copy = _model.Load(scratch);
        IReadOnlyList<PruneSite> found = _find(copy).Sites;
        if (!found.Select(s => (s.Kind, s.Name, s.Units)).SequenceEqual(_sites.Select(s => (s.Kind, s.Name, s.Units))))
            throw new InvalidOperationException("the places found in a copy of the model are not the same");
        return (copy, [.. sites.Select(i => new SiteRemoval(found[i], _kept[i]))]);
    }

    private static int[] Kept(int units, Random random)
    {
        int[] order = [.. Enumerable.Range(0, units)];
        random.Shuffle(order);
        return [.. order.Take(Math.Max(1, units - Math.Max(1, units / OneIn))).Order()];
    }
}
