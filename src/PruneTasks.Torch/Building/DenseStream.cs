using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Activations that a build aims at. They are those of the network that it starts from or, where whole groups of heads have gone from that already, of the dense network before
/// (<paramref name="goal"/>): the same graph but for what lies inside attention layers, so that values have the same names.
/// </summary>
internal sealed class DenseStream(LoweredGraph start, LoweredGraph? goal, CalibrationBatches calibration) : IDisposable
{
    private readonly LoweredGraph _graph = goal ?? start;
    private readonly ActivationStream _stream = new(goal ?? start, goal is null ? calibration : calibration.For(goal.Graph));
    private readonly int[]? _positions = goal is null ? null : Positions(start.Graph, goal);

    /// <summary>Moves the cut to before a node, and gives values that are computed on the way.</summary>
    /// <param name="position">Index of a node of the network that the build starts from.</param>
    /// <param name="wanted">Values of that network.</param>
    public IReadOnlyList<IReadOnlyList<Tensor>> Advance(int position, params Value[] wanted)
    {
        Value[]? there = Counterparts(wanted);
        IReadOnlyList<IReadOnlyList<Tensor>> captured = _stream.Advance(_positions?[position] ?? position, there ?? []);
        return there is not null ? captured : [.. Enumerable.Range(0, _stream.Batches).Select(batch => start.Run(calibration.Batches[batch], wanted))];
    }

    /// <summary>Values of one batch, computed from the cut.</summary>
    public IReadOnlyList<Tensor> Run(int batch, Value[] wanted) =>
        Counterparts(wanted) is { } there ? _stream.Run(batch, there) : start.Run(calibration.Batches[batch], wanted);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>The same values of the goal; <see langword="null"/> if one is missing there: then what the build starts from has to do.</summary>
    private Value[]? Counterparts(Value[] wanted)
    {
        if (goal is null) return wanted;
        Value?[] there = [.. wanted.Select(v => _graph.Graph.Values.GetValueOrDefault(v.Name))];
        return there.Contains(null) ? null : [.. there.OfType<Value>()];
    }

    /// <summary>For each node, and the end, the first node of the goal that is not before it.</summary>
    private static int[] Positions(Graph graph, LoweredGraph goal)
    {
        var positions = new int[graph.Nodes.Count + 1];
        positions[^1] = goal.Graph.Nodes.Count;
        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            Node? same = goal.Graph.Values.GetValueOrDefault(graph.Nodes[i].Outputs[0].Name)?.Producer;
            positions[i] = Math.Min(positions[i + 1], same is null ? int.MaxValue : goal.PositionOf(same));
        }
        return positions;
    }
}
