using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>One operator call. Equality is identity.</summary>
public sealed class Node
{
    private readonly List<Value?> _inputs = [];
    private readonly List<Value> _outputs = [];
    private readonly List<Value> _captured = [];

    internal Node(string opType, string domain, string name)
    {
        OpType = opType;
        Domain = domain;
        Name = name;
    }

    /// <summary>Operator, for example <c>MatMul</c>.</summary>
    public string OpType { get; }

    /// <summary>Operator domain; empty for ai.onnx (<c>"ai.onnx"</c> in a file reads as empty).</summary>
    public string Domain { get; }

    /// <summary>Name as in the file; may be empty.</summary>
    public string Name { get; }

    /// <summary>Inputs in order; <see langword="null"/> stands for an optional input left out.</summary>
    public IReadOnlyList<Value?> Inputs => _inputs;

    /// <summary>Outputs in order. Optional outputs left out in the middle are values with a made-up name that nothing reads.</summary>
    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary>Values that the node's bodies read by name, each once; they are no inputs.</summary>
    public IReadOnlyList<Value> Captured => _captured;

    /// <summary>All that the node depends on: inputs, and what its bodies read.</summary>
    public IEnumerable<Value> Reads => _inputs.OfType<Value>().Concat(_captured);

    /// <summary>Bodies of a control-flow node (If, Loop, Scan).</summary>
    public IEnumerable<Graph> Bodies => Attributes.Values.SelectMany(a => a.Bodies);

    /// <summary>Attributes by name.</summary>
    public IReadOnlyDictionary<string, AttributeData> Attributes { get; internal set; } = new Dictionary<string, AttributeData>();

    /// <summary>What the file held for this node; <see langword="null"/> for nodes made here. Kept so that an untouched node is written back byte for byte.</summary>
    internal LoadedNode? Wire { get; set; }

    /// <summary>Inputs, outputs or attributes differ from <see cref="Wire"/>.</summary>
    internal bool IsModified { get; set; }

    /// <summary>Outputs differ from <see cref="Wire"/>.</summary>
    internal bool HasNewOutputs { get; private set; }

    internal void AddInput(Value? value)
    {
        _inputs.Add(value);
        value?.AddUse(new Use(this, _inputs.Count - 1));
    }

    internal void SetInput(int index, Value? value)
    {
        // Inputs that may be left out are not there in the file if nothing follows them.
        while (_inputs.Count <= index) _inputs.Add(null);
        _inputs[index]?.RemoveUse(new Use(this, index));
        _inputs[index] = value;
        value?.AddUse(new Use(this, index));
        IsModified = true;
    }

    internal void AddCaptured(Value value)
    {
        // Bodies of a node are connected one after another: a value that it has already is the value's last.
        if (value.Capturers is [.., var last] && last == this) return;
        _captured.Add(value);
        value.AddCapturer(this);
    }

    internal void AddOutput(Value value)
    {
        value.Producer = this;
        _outputs.Add(value);
    }

    internal void ReplaceOutput(Value old, Value replacement)
    {
        _outputs[_outputs.IndexOf(old)] = replacement;
        (old.Producer, replacement.Producer, IsModified, HasNewOutputs) = (null, this, true, true);
    }

    internal void Detach()
    {
        for (int i = 0; i < _inputs.Count; i++) _inputs[i]?.RemoveUse(new Use(this, i));
        foreach (Value value in _captured) value.RemoveCapturer(this);
        foreach (Value output in _outputs) output.Producer = null;
    }

    /// <summary>Integer attribute, or <paramref name="fallback"/> (the operator's default) when it is absent.</summary>
    public long Int(string name, long fallback) => Attributes.TryGetValue(name, out AttributeData? a) ? a.Int ?? fallback : fallback;

    /// <summary>Float attribute, or the operator's default when it is absent.</summary>
    public float Float(string name, float fallback) => Attributes.TryGetValue(name, out AttributeData? a) ? a.Float ?? fallback : fallback;

    /// <summary>String attribute, or the operator's default when it is absent.</summary>
    public string? String(string name, string? fallback = null) => Attributes.TryGetValue(name, out AttributeData? a) ? a.String ?? fallback : fallback;

    /// <summary>Integer list attribute, or <see langword="null"/> when it is absent.</summary>
    public IReadOnlyList<long>? Ints(string name) => Attributes.TryGetValue(name, out AttributeData? a) ? a.Ints : null;

    /// <inheritdoc/>
    public override string ToString() => $"{OpType}({string.Join(", ", _inputs)}) -> {string.Join(", ", _outputs)}";
}

/// <summary>Value of an attribute; exactly one member is set (ONNX <c>AttributeProto</c>).</summary>
public sealed record AttributeData
{
    /// <summary>INT.</summary>
    public long? Int { get; init; }

    /// <summary>FLOAT.</summary>
    public float? Float { get; init; }

    /// <summary>STRING (UTF-8).</summary>
    public string? String { get; init; }

    /// <summary>TENSOR.</summary>
    public TensorData? Tensor { get; init; }

    /// <summary>INTS.</summary>
    public IReadOnlyList<long>? Ints { get; init; }

    /// <summary>FLOATS.</summary>
    public IReadOnlyList<float>? Floats { get; init; }

    /// <summary>STRINGS.</summary>
    public IReadOnlyList<string>? Strings { get; init; }

    /// <summary>GRAPH, GRAPHS, SPARSE_TENSOR or TYPE_PROTO: kept as it came, and written back so.</summary>
    public bool IsOpaque { get; init; }

    /// <summary>GRAPH or GRAPHS: to be read, not to be edited. What a body reads from outside is in <see cref="Graph.Outer"/>.</summary>
    public IReadOnlyList<Graph> Bodies { get; init; } = [];

    /// <summary>An INT attribute.</summary>
    public static implicit operator AttributeData(long value) => new() { Int = value };

    /// <summary>A FLOAT attribute.</summary>
    public static implicit operator AttributeData(float value) => new() { Float = value };

    /// <summary>An INTS attribute.</summary>
    public static implicit operator AttributeData(long[] value) => new() { Ints = value };

    /// <summary>A STRING attribute.</summary>
    public static implicit operator AttributeData(string value) => new() { String = value };

    /// <summary>A TENSOR attribute.</summary>
    public static implicit operator AttributeData(TensorData value) => new() { Tensor = value };
}
