using System.Runtime.InteropServices;
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
    private readonly Dictionary<Value, Tensor> _folded = [];
    private readonly Dictionary<Graph, LoweredGraph> _bodies = [];
    // Of a model with a store: weights that were set, and those of them that are in the store by now.
    private readonly HashSet<Value> _changed = [];
    private readonly Dictionary<Value, TensorData> _settled = [];
    // Which values are in _folded, by their numbers in the plan.
    private readonly ulong[] _isFolded;

    private LoweredGraph(LoweringPlan plan) => (_plan, _isFolded) = (plan, new ulong[(plan.Foldable + 63) / 64]);

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
        LoweredGraph graph = new(plan);
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
        LoweredGraph fork = new(_plan);
        foreach ((Value value, Tensor tensor) in _weights) fork._weights.Add(value, tensor.alias().DetachFromDisposeScope());
        foreach ((Value value, Tensor tensor) in _folded) fork._folded.Add(value, tensor.alias().DetachFromDisposeScope());
        foreach ((Graph body, LoweredGraph lowered) in _bodies) fork._bodies.Add(body, lowered.Fork());
        _isFolded.CopyTo(fork._isFolded, 0);
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
        foreach (Value stale in _folded.Keys.Where(f => _plan.DependsOn(f, constant)).ToArray())
        {
            _folded.Remove(stale, out Tensor? tensor);
            tensor!.Dispose();
            _isFolded[_plan.FoldableAt(stale) / 64] &= ~(1UL << (_plan.FoldableAt(stale) % 64));
        }
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
        RunOrder order = _plan.Order(targets, known, _isFolded);
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
            Tensor?[] outputs = RunNode(node, _plan[index], Get);
            for (int i = 0; i < outputs.Length; i++)
            {
                if (outputs[i] is not { } output) continue;
                made?.Invoke(node.Outputs[i], output);
                if (!Keep(node.Outputs[i], output)) live[node.Outputs[i]] = output;
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
        foreach (Tensor tensor in _weights.Values.Concat(_folded.Values)) tensor.Dispose();
        foreach (LoweredGraph body in _bodies.Values) body.Dispose();
        _weights.Clear();
        _folded.Clear();
        Array.Clear(_isFolded);
        _bodies.Clear();
    }

    // Values of constants alone are kept for later runs, unless a gradient has to flow through them.
    private bool Keep(Value value, Tensor tensor)
    {
        if (!_plan.Cone.IsConstant(value) || tensor.requires_grad) return false;
        _isFolded[_plan.FoldableAt(value) / 64] |= 1UL << (_plan.FoldableAt(value) % 64);
        _folded[value] = InStore(value, tensor)?.DetachFromDisposeScope() ?? tensor.alias().DetachFromDisposeScope();
        return true;
    }

    // Once for all forks in which it is the same. What is not contiguous is another look at a weight, and takes no memory.
    private Tensor? InStore(Value value, Tensor tensor)
    {
        if (Graph.Store is not { } store || tensor.dtype != ScalarType.Float32 || !tensor.is_contiguous() || tensor.numel() * sizeof(float) < store.Smallest) return null;
        if (_changed.Any(constant => _plan.DependsOn(value, constant))) return null;
        if (!_plan.Folded.TryGetValue(value, out TensorData? content)) _plan.Folded.Add(value, content = StoredTensors.Save(tensor, ElementType.Float32, tensor.shape, store));
        return StoredTensors.Over(content);
    }

    private Tensor?[] RunNode(Node node, NodePlan plan, Func<Value, Tensor> get)
    {
        if (plan.Refusal is { } refusal) throw new LoweringException(node, refusal.Reason);
        var inputs = new Tensor?[node.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++) inputs[i] = node.Inputs[i] is { } value ? get(value) : null;
        // Before the scope: what is fetched here may be kept for nodes to come.
        Func<Graph, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>? runBody = plan.HasBodies ? BodyRunner(node, get) : null;
        MemoryClaim.Check(node, plan.IsBinary, inputs);
        using var scope = NewDisposeScope();
        try
        {
            if (UnsignedIntegers.Refuse(node, _plan.Types, inputs) is { } beyond) throw new LoweringException(node, beyond);
            Tensor?[] found = plan.Row!.Run(new LoweringCall(node, plan.Opset, inputs, _plan.Types, runBody));
            var outputs = new Tensor?[Math.Min(found.Length, node.Outputs.Count)];
            for (int i = 0; i < outputs.Length; i++)
            {
                if (found[i] is not { } output) continue;
                Tensor wrapped = UnsignedIntegers.Wrapped(output, _plan.Types.Of(node.Outputs[i]));
                // An operator may hand an input through; the handle must be its own to be freed on its own.
                outputs[i] = (Array.Exists(inputs, input => ReferenceEquals(input, wrapped)) ? wrapped.alias() : wrapped).MoveToOuterDisposeScope();
            }
            return outputs;
        }
        catch (Exception e) when (e is ExternalException or ArgumentException or NotImplementedException or InvalidOperationException or IndexOutOfRangeException or ArithmeticException)
        {
            string shapes = string.Join(" ", inputs.Select(i => i is null ? "-" : $"{i.dtype}[{string.Join(",", i.shape)}]"));
            throw new LoweringException(node, $"{e.Message.Split('\n')[0]} (inputs {shapes})", e);
        }
    }

    private Func<Graph, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> BodyRunner(Node node, Func<Value, Tensor> get)
    {
        Dictionary<string, Tensor> captured = node.Captured.ToDictionary(value => value.Name, get, StringComparer.Ordinal);
        return (body, given) => RunBody(body, given, captured);
    }

    private IReadOnlyList<Tensor> RunBody(Graph body, IReadOnlyList<Tensor> inputs, Dictionary<string, Tensor> captured)
    {
        Dictionary<Value, Tensor> known = [];
        for (int i = 0; i < inputs.Count; i++) known.Add(body.Inputs[i], inputs[i]);
        foreach (Value outer in body.Outer)
            if (captured.TryGetValue(outer.Name, out Tensor? tensor)) known.Add(outer, tensor);
        return _bodies[body].Run(known, body.Outputs);
    }

    private Tensor Stored(Value constant) =>
        _weights.TryGetValue(constant, out Tensor? tensor) ? tensor : throw new ArgumentException($"'{constant}' is not a constant of this graph", nameof(constant));
}
