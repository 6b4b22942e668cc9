using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>Values of constants alone: computed once, and again only after a constant that they depend on has changed.</summary>
internal sealed class FoldedValues(LoweringPlan plan) : IDisposable
{
    private readonly Dictionary<Value, Tensor> _tensors = [];
    private readonly ulong[] _present = new ulong[(plan.Foldable + 63) / 64];

    /// <summary>Which values are here: one bit for each, by its number in the plan.</summary>
    public ulong[] Present => _present;

    /// <summary>A value that is here.</summary>
    public Tensor this[Value value] => _tensors[value];

    /// <summary>The same for a fork of the graph, with handles of its own.</summary>
    public FoldedValues Fork()
    {
        FoldedValues fork = new(plan);
        foreach ((Value value, Tensor tensor) in _tensors) fork._tensors.Add(value, tensor.alias().DetachFromDisposeScope());
        _present.CopyTo(fork._present, 0);
        return fork;
    }

    /// <summary>Keeps a value for later runs, unless it depends on more than constants or a gradient has to flow through it.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tensor">What it is.</param>
    /// <param name="changed">Constants that were given another content since the model was read.</param>
    public bool Keep(Value value, Tensor tensor, IReadOnlySet<Value> changed)
    {
        if (!plan.Cone.IsConstant(value) || tensor.requires_grad) return false;
        int number = plan.FoldableAt(value);
        _present[number / 64] |= 1UL << (number % 64);
        _tensors[value] = (InStore(value, tensor, changed) ?? tensor.alias()).DetachFromDisposeScope();
        return true;
    }

    /// <summary>Forgets what depends on a constant.</summary>
    public void Forget(Value constant)
    {
        foreach (Value stale in _tensors.Keys.Where(f => plan.DependsOn(f, constant)).ToArray())
        {
            _tensors.Remove(stale, out Tensor? tensor);
            tensor!.Dispose();
            int number = plan.FoldableAt(stale);
            _present[number / 64] &= ~(1UL << (number % 64));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _tensors.Values) tensor.Dispose();
        _tensors.Clear();
        Array.Clear(_present);
    }

    // Once for all forks in which it is the same. What is not contiguous is another look at a weight, and takes no memory.
    private Tensor? InStore(Value value, Tensor tensor, IReadOnlySet<Value> changed)
    {
        if (plan.Graph.Store is not { } store || tensor.dtype != ScalarType.Float32 || !tensor.is_contiguous() || tensor.numel() * sizeof(float) < store.Smallest) return null;
        if (changed.Any(constant => plan.DependsOn(value, constant))) return null;
        if (!plan.Folded.TryGetValue(value, out TensorData? content)) plan.Folded.Add(value, content = StoredTensors.Save(tensor, ElementType.Float32, tensor.shape, store));
        return StoredTensors.Over(content);
    }
}
