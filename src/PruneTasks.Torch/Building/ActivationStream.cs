using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// One network on its way through the graph: for every batch of calibration samples, the values that are still needed after a cut.
/// Moving the cut forward costs each node once, so a build costs a few passes however many layers there are.
/// </summary>
internal sealed class ActivationStream : IDisposable
{
    private readonly List<Dictionary<Value, Tensor>> _live;
    private readonly CalibrationBatches _calibration;

    /// <summary>Starts before the first node.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="calibration">Samples; not disposed with the stream.</param>
    /// <param name="batches">Take only so many batches.</param>
    public ActivationStream(LoweredGraph graph, CalibrationBatches calibration, int batches = int.MaxValue)
    {
        (Graph, _calibration) = (graph, calibration);
        _live = [.. calibration.Batches.Take(batches).Select(b => b.ToDictionary(e => e.Key, e => e.Value.alias().DetachFromDisposeScope()))];
    }

    /// <summary>The network; its weights may change between calls.</summary>
    public LoweredGraph Graph { get; }

    /// <summary>Number of batches.</summary>
    public int Batches => _live.Count;

    /// <summary>How much each sample of a batch counts in statistics.</summary>
    public double Weight(int batch) => _calibration.Weight(batch);

    /// <summary>Computes <paramref name="targets"/> for one batch from the cut; the caller disposes them.</summary>
    public IReadOnlyList<Tensor> Run(int batch, params Value[] targets) => Run(Graph, batch, targets);

    /// <summary>As <see cref="Run(int, Value[])"/>, but computed from the cut by <paramref name="other"/>, a fork with other weights.</summary>
    public IReadOnlyList<Tensor> Run(LoweredGraph other, int batch, params Value[] targets) => other.Run(_live[batch], targets);

    /// <summary>Moves the cut to before node <paramref name="position"/>, which is not before the present cut.</summary>
    /// <param name="position">Index of a node.</param>
    /// <param name="captures">Further values to compute from the old cut in the same run.</param>
    /// <returns>[batch][capture]; the tensors belong to the caller's dispose scope.</returns>
    public IReadOnlyList<IReadOnlyList<Tensor>> Advance(int position, params Value[] captures)
    {
        List<IReadOnlyList<Tensor>> captured = [];
        Advance(position, captures, (_, tensors) => captured.Add([.. tensors.Select(t => t.MoveToOuterDisposeScope())]));
        return captured;
    }

    /// <summary>As <see cref="Advance(int, Value[])"/>, but hands the captures over batch by batch; they are freed after <paramref name="take"/>.</summary>
    public void Advance(int position, Value[] captures, Action<int, IReadOnlyList<Tensor>> take)
    {
        Value[] next = [.. Graph.LiveAt(position - 1)];
        for (int i = 0; i < _live.Count; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            IReadOnlyList<Tensor> results = Graph.Run(_live[i], [.. next, .. captures]);
            foreach (Tensor old in _live[i].Values) old.Dispose();
            _live[i] = next.Zip(results).ToDictionary(p => p.First, p => p.Second.DetachFromDisposeScope());
            take(i, [.. results.Skip(next.Length)]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _live.SelectMany(b => b.Values)) tensor.Dispose();
    }
}
