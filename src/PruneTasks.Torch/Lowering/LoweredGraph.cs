using PruneTasks.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>Runs an ONNX graph with torch, with gradients where they are asked for. Not thread-safe; <see cref="Fork"/> for a second stream.</summary>
/// <remarks>
/// Constants become tensors once; what depends on constants alone is computed once and again after <see cref="SetWeight"/>. Running is by
/// demand: only what the targets need beyond the known values is computed, and each intermediate is freed after its last use.
/// The graph must not be edited while this lives. Half precision is computed in float32.
/// </remarks>
public sealed class LoweredGraph : IDisposable
{
    private readonly LoweringPlan _plan;
    private readonly Dictionary<Value, Tensor> _weights = [];
    private readonly FoldedValues _folded;
    private readonly Dictionary<Graph, LoweredGraph> _bodies = [];
    private readonly NodeRunner _runner;
    // Of a model with a store: weights that were set, and those of them that are in the store by now.
    private readonly HashSet<Value> _changed = [];
    private readonly Dictionary<Value, TensorData> _settled = [];

    private LoweredGraph(LoweringPlan plan, FoldedValues folded) => (_plan, _folded, _runner) = (plan, folded, new NodeRunner(plan, _bodies));

    /// <summary>The graph that is run.</summary>
    public Graph Graph => _plan.Graph;

    /// <summary>Nodes that cannot be run, known before anything runs; <see cref="Run"/> fails only if a target needs one.</summary>
    public IReadOnlyList<LoweringRefusal> Refusals => _plan.Refusals;

    /// <summary>Lowers <paramref name="model"/>. Never fails for an unsupported operator: see <see cref="Refusals"/>.</summary>
    public static LoweredGraph Create(OnnxModel model)
    {
        using var off = no_grad();
        return Create(new LoweringPlan(model), model.Store);
    }

    private static LoweredGraph Create(LoweringPlan plan, TensorStore? store)
    {
        LoweredGraph graph = new(plan, new FoldedValues(plan));
        foreach (Value value in plan.Constants)
        {
            using var scope = NewDisposeScope();
            graph._weights.Add(value, StoredTensors.Of(value, store).DetachFromDisposeScope());
        }
        foreach ((Graph body, LoweringPlan inner) in plan.Bodies) graph._bodies.Add(body, Create(inner, store));
        return graph;
    }

    /// <summary>A second graph over the same constants; they are shared until one of the two is given other weights.</summary>
    public LoweredGraph Fork()
    {
        LoweredGraph fork = new(_plan, _folded.Fork());
        foreach ((Value value, Tensor tensor) in _weights) fork._weights.Add(value, tensor.alias().DetachFromDisposeScope());
        foreach ((Graph body, LoweredGraph lowered) in _bodies) fork._bodies.Add(body, lowered.Fork());
        fork._changed.UnionWith(_changed);
        foreach ((Value value, TensorData content) in _settled) fork._settled.Add(value, content);
        return fork;
    }

    /// <summary>Constants that have another content here than in <paramref name="other"/>, a fork of the same graph, in a fixed order.</summary>
    public IEnumerable<Value> ChangedFrom(LoweredGraph other)
    {
        foreach (Value value in _plan.Constants)
        {
            using Tensor same = _weights[value].eq(other._weights[value]).all();
            if (!same.item<bool>()) yield return value;
        }
    }

    /// <summary>Another name for the tensor of a constant: to be read, not written. The caller disposes it.</summary>
    /// <exception cref="ArgumentException"><paramref name="constant"/> is not a constant of this graph.</exception>
    public Tensor Weight(Value constant) => Stored(constant).alias();

    /// <summary>Gives a constant another content of the same shape and element type (half precision: float32). The caller keeps its own tensor.</summary>
    /// <remarks>The memory is shared, not copied: later changes in place are seen by all but folded values. A tensor that requires a gradient gets one.</remarks>
    /// <exception cref="ArgumentException">Not a constant of this graph, or shape or type differ.</exception>
    public void SetWeight(Value constant, Tensor content)
    {
        Tensor old = Stored(constant);
        using Tensor normal = TorchTypes.Normalised(content);
        if (!old.shape.SequenceEqual(normal.shape) || old.dtype != normal.dtype)
            throw new ArgumentException($"{content.dtype} [{string.Join(", ", content.shape)}] given for {old.dtype} [{string.Join(", ", old.shape)}] '{constant}'", nameof(content));
        using (enable_grad()) _weights[constant] = normal.alias().DetachFromDisposeScope();
        _settled.Remove(constant);
        if (Graph.Store is not null) _changed.Add(constant);
        old.Dispose();
        _folded.Forget(constant);
    }

    /// <summary>
    /// Moves weights that were set, and will not be changed in place any more, out of memory into the store of the model. Does nothing without a store.
    /// </summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Settle()
    {
        if (Graph.Store is not { } store) return;
        using IDisposable off = no_grad();
        foreach (Value constant in _changed.Where(c => !_settled.ContainsKey(c)))
        {
            Tensor old = _weights[constant];
            if (old.dtype != ScalarType.Float32 || old.requires_grad || old.numel() * sizeof(float) < store.Smallest) continue;
            using DisposeScope scope = NewDisposeScope();
            TensorData content = StoredTensors.Save(old, ElementType.Float32, old.shape, store);
            _weights[constant] = StoredTensors.Over(content).DetachFromDisposeScope();
            _settled[constant] = content;
            old.Dispose();
        }
    }

    /// <summary>The present content of a weight in the element type that the file has it in; in the store of the model, where it has one.</summary>
    public TensorData Export(Value weight)
    {
        IReadOnlyList<long> shape = weight.Constant!.Shape;
        if (Graph.Store is { } store && weight.Constant.Bytes.Length >= store.Smallest)
            return weight.Type == ElementType.Float32 && _settled.TryGetValue(weight, out TensorData? content) ? content : StoredTensors.Save(Stored(weight), weight.Type, shape, store);
        using DisposeScope scope = NewDisposeScope();
        return TensorData.FromFloats(weight.Type, shape, Weight(weight).to(float32).contiguous().reshape(-1).data<float>().ToArray());
    }

    /// <summary>Computes <paramref name="targets"/> from <paramref name="known"/> values, which may be any values and not only graph inputs.</summary>
    /// <returns>Tensors of the caller (in its dispose scope, if it has one), in the order of <paramref name="targets"/>. They may share memory with known values and constants.</returns>
    /// <exception cref="ArgumentException">A target needs a graph input that is not known.</exception>
    /// <exception cref="LoweringException">A target needs a refused node, or tensors do not fit a node.</exception>
    public IReadOnlyList<Tensor> Run(IReadOnlyDictionary<Value, Tensor> known, IReadOnlyList<Value> targets) => Compute(known, targets, null);

    /// <summary>As <see cref="Run"/>; <paramref name="made"/> is shown every value that is computed on the way, not to be kept.</summary>
    internal IReadOnlyList<Tensor> Compute(IReadOnlyDictionary<Value, Tensor> known, IReadOnlyList<Value> targets, Action<Value, Tensor>? made)
    {
        using var scope = NewDisposeScope();
        RunOrder order = _plan.Order(targets, known, _folded.Present);
        Dictionary<Value, Tensor> live = [];
        Tensor Get(Value value)
        {
            if (live.TryGetValue(value, out Tensor? tensor)) return tensor;
            if (known.TryGetValue(value, out tensor)) return live[value] = TorchTypes.Normalised(tensor);
            return _weights.TryGetValue(value, out tensor) ? tensor : _folded[value];
        }

        foreach ((int index, Value[] done) in order.Steps)
        {
            Node node = Graph.Nodes[index];
            Tensor?[] outputs = _runner.Run(node, _plan[index], Get);
            for (int i = 0; i < outputs.Length; i++)
            {
                if (outputs[i] is not { } output) continue;
                made?.Invoke(node.Outputs[i], output);
                if (!_folded.Keep(node.Outputs[i], output, _changed)) live[node.Outputs[i]] = output;
            }
            foreach (Value value in done)
                if (live.Remove(value, out Tensor? tensor)) tensor.Dispose();
        }
        return [.. targets.Select(target => Get(target).alias().MoveToOuterDisposeScope())];
    }

    /// <summary>Index of a node of the graph.</summary>
    public int PositionOf(Node node) => _plan.PositionOf(node);

    /// <summary>Values that cross the cut after node <paramref name="position"/>: enough to run everything behind it and to give all outputs of the graph. −1 = before the first node.</summary>
    /// <remarks>
    /// Without constants, and without shapes that can be told from the others. A shape that cannot be is among them (see <see cref="IsShape"/>):
    /// a small integer tensor that fits the batch it was computed with. In the order in which the graph makes them.
    /// </remarks>
    public IReadOnlyList<Value> LiveAt(int position) => _plan.LiveAt(position);

    /// <summary>The value tells shapes only: it depends on the sizes of activations, not on their content.</summary>
    public bool IsShape(Value value) => _plan.Cone.IsShape(value);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _weights.Values) tensor.Dispose();
        foreach (LoweredGraph body in _bodies.Values) body.Dispose();
        _weights.Clear();
        _folded.Dispose();
        _bodies.Clear();
    }

    private Tensor Stored(Value constant) =>
        _weights.TryGetValue(constant, out Tensor? tensor) ? tensor : throw new ArgumentException($"'{constant}' is not a constant of this graph", nameof(constant));
}
