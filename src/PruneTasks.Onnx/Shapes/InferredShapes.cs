namespace PruneTasks.Onnx;

/// <summary>Why a shape is not known before the model runs.</summary>
public enum UnknownShape
{
    /// <summary>The operator is not in the table.</summary>
    UnknownOperator,
    /// <summary>The table has no shape rule for the operator.</summary>
    NoRule,
    /// <summary>The shape of something it reads is not known.</summary>
    UnknownInput,
    /// <summary>The shape depends on the elements of a tensor, and those on the model's input.</summary>
    DataDependent,
    /// <summary>Operands or attributes contradict each other under these input sizes.</summary>
    Inconsistent,
}

/// <summary>A shape that is not known, and why.</summary>
/// <param name="Reason">Kind of reason.</param>
/// <param name="Node">The first node, in order, behind which the shape is not known; <see langword="null"/> for an input of the model.</param>
/// <param name="Detail">In words.</param>
public sealed record UnknownShapeReason(UnknownShape Reason, Node? Node, string Detail);

/// <summary>Result of <see cref="ShapeInference"/>: concrete shapes, element types, and the contents of small tensors made by shape arithmetic.</summary>
public sealed class InferredShapes
{
    private readonly Dictionary<Value, (ElementType Type, IReadOnlyList<long> Shape)> _known = [];
    private readonly Dictionary<Value, TensorData> _contents = [];
    private readonly Dictionary<Value, UnknownShapeReason> _unknown = [];

    internal InferredShapes(ShapeBinding binding) => Binding = binding;

    /// <summary>Sizes of the inputs that this holds for.</summary>
    public ShapeBinding Binding { get; }

    /// <summary>Values without a known shape, with the reason.</summary>
    public IReadOnlyDictionary<Value, UnknownShapeReason> Unknown => _unknown;

    /// <summary>Sizes of the axes, or <see langword="null"/>; see <see cref="WhyUnknown"/>.</summary>
    public IReadOnlyList<long>? ShapeOf(Value value) => _known.TryGetValue(value, out var known) ? known.Shape : null;

    /// <summary>Element type; <see cref="ElementType.Undefined"/> where neither the file nor inference tells.</summary>
    public ElementType TypeOf(Value value) => _known.TryGetValue(value, out var known) && known.Type != ElementType.Undefined ? known.Type : value.Type;

    /// <summary>The elements, if they follow from constants and input sizes alone; constants of any size, computed ones up to <see cref="ShapeInference.ContentLimit"/>.</summary>
    public TensorData? ContentOf(Value value) => value.Constant ?? _contents.GetValueOrDefault(value);

    /// <summary>Why the shape of <paramref name="value"/> is not known; <see langword="null"/> if it is.</summary>
    public UnknownShapeReason? WhyUnknown(Value value) => _unknown.GetValueOrDefault(value);

    internal void Set(Value value, ElementType type, IReadOnlyList<long> shape)
    {
        _known[value] = (type, shape);
        _unknown.Remove(value);
    }

    internal void SetContent(Value value, TensorData content) => _contents[value] = content;

    internal void SetUnknown(Value value, UnknownShapeReason reason) => _unknown[value] = reason;
}
