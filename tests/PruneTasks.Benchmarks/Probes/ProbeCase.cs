using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Benchmarks.Probes;

/// <summary>What is switched off.</summary>
internal enum ProbeLevel
{
    /// <summary>Sites, compressed to half of their units.</summary>
    Sites,

    /// <summary>Heads and chunks of 16 neurons.</summary>
    Chunks,

    /// <summary>Heads and single neurons.</summary>
    Neurons,
}

/// <summary>One graph, one level.</summary>
/// <param name="Name">Model, as the table names it.</param>
/// <param name="Level">What is switched off.</param>
/// <param name="Share">Share of the groups in one random set.</param>
/// <param name="Model">The model under ../shared/models.</param>
/// <param name="Rest">Task, image section and data of its spec.</param>
/// <param name="Samples">Samples to estimate on; as many others give the truth.</param>
/// <param name="Sets">Numbers of random sets, as shares of the number of groups.</param>
internal sealed record ProbeCase(string Name, ProbeLevel Level, double Share, string Model, string Rest, int Samples, IReadOnlyList<double> Sets);

/// <summary>A case, read and lowered.</summary>
internal sealed class ProbeGraph : IDisposable
{
    private readonly LoweredGraph _graph;
    private readonly CalibrationBatches _all, _watched, _others;

    public ProbeGraph(ProbeCase measured, string spec)
    {
        SpecInput input = SpecInput.Fit(SpecInput.ReadSpec(spec, []), ModelFile.Read(SpecInput.ReadSpec(spec, []).Model.Full, spec, default), []);
        CalibrationSet set = DataLoader.Load(input.Request("personal", input.Spec.Data.Personal!), 2 * measured.Samples, 0, []).Calibration;
        IReadOnlyList<TensorData> first = set.Batches(1).First();
        Model = PreparedModel.From(OnnxReader.Load(input.Model.Bytes, null), ShapeBinding.Exact(set.Inputs.Zip(first).ToDictionary(p => p.First.Name, p => p.Second.Shape)));
        _graph = LoweredGraph.Create(Model.Model);
        (_all, _watched, _others) = (Batches(0, set.Count), Batches(0, set.Count / 2), Batches(set.Count / 2, set.Count));
        PruneSite[] sites = [.. Model.Inventory.Sites.Where(s => s.Units > 1)];
        Groups = measured.Level == ProbeLevel.Sites
            ? ProbeGroups.Sites(Model.Model, _graph, [.. sites.Select(s => (s, s.Units / 2))], _all, CancellationToken.None)
            : ProbeGroups.Units(Model.Model, _graph, sites, _all, measured.Level == ProbeLevel.Chunks ? 16 : 1, CancellationToken.None);

        CalibrationBatches Batches(int from, int to) =>
            CalibrationBatches.Create(Model.Model.Graph, new CalibrationSet(set.Inputs, [.. set.Samples.Skip(from).Take(to - from)]).WeightedBatches(32));
    }

    public PreparedModel Model { get; }

    public IReadOnlyList<ProbeGroup> Groups { get; }

    /// <summary>Samples to estimate on.</summary>
    public int Samples => _watched.Samples;

    /// <summary>Share of a pass that a set of groups takes.</summary>
    public double PassOf(IReadOnlyList<int> groups) => 1 - ((double)groups.Min(g => Groups[g].Position) / Model.Model.Graph.Nodes.Count);

    /// <summary>Measures sets of groups.</summary>
    /// <param name="probes">The sets.</param>
    /// <param name="others">On the samples of the truth.</param>
    public ProbeReadings Measure(IReadOnlyList<IReadOnlyList<int>> probes, bool others) => ProbeMeter.Measure(
        Model.Model, _graph, Groups, probes, others ? _others : _watched, Model.Model.Graph.Outputs[0], distribution: true, CancellationToken.None);

    public void Dispose()
    {
        foreach (ProbeGroup group in Groups) group.Dispose();
        _others.Dispose();
        _watched.Dispose();
        _all.Dispose();
        _graph.Dispose();
    }
}
