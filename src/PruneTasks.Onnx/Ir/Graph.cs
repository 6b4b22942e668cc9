using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>An editable ONNX graph. Nodes are kept in topological order, as the ONNX IR demands; edits keep names unique and uses true.</summary>
public sealed partial class Graph
{
    private readonly List<Node> _nodes = [];
    private readonly List<Value> _inputs = [];
    private readonly List<Value> _outputs = [];
    private readonly List<Value> _initializers = [];
    private readonly List<Value> _outer = [];
    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly HashSet<Node> _nodeSet = [];
    private readonly HashSet<string> _nodeNames = new(StringComparer.Ordinal);

    /// <summary>Makes an empty graph.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="store">Where contents of its initializers go; <see langword="null"/> to keep them in memory.</param>
    public Graph(string name, TensorStore? store = null) => (Name, Store) = (name, store);

    /// <summary>Name as in the file.</summary>
    public string Name { get; }

    /// <summary>Nodes in topological order.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Inputs that a caller must give (initializers that old files also list as inputs are left out).</summary>
    public IReadOnlyList<Value> Inputs => _inputs;

    /// <summary>Outputs.</summary>
    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary>Initializers in file order.</summary>
    public IReadOnlyList<Value> Initializers => _initializers;

    /// <summary>In the body of a control-flow node: what stands for values of the same names around it, in order of first use. Empty for a main graph.</summary>
    public IReadOnlyList<Value> Outer => _outer;

    /// <summary>All values by name.</summary>
    public IReadOnlyDictionary<string, Value> Values => _values;

    /// <summary>What the file held; <see langword="null"/> for a graph made here.</summary>
    internal LoadedGraph? Wire { get; init; }

    /// <summary>Where contents of edited initializers go; <see langword="null"/> if they stay in memory.</summary>
    public TensorStore? Store { get; internal set; }

    /// <summary>Names used inside control-flow bodies; fresh names keep away from them.</summary>
    internal HashSet<string> ReservedNames { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a graph input.</summary>
    public Value AddInput(string name, ElementType type, IReadOnlyList<Axis>? shape)
    {
        Value value = NewValue(name);
        (value.Type, value.DeclaredShape, value.IsGraphInput) = (type, shape, true);
        _inputs.Add(value);
        return value;
    }

    /// <summary>Marks <paramref name="value"/> as the next graph output.</summary>
    public void AddOutput(Value value, ElementType type, IReadOnlyList<Axis>? shape)
    {
        if (type != ElementType.Undefined) value.Type = type;
        (value.DeclaredShape, value.IsGraphOutput) = (shape ?? value.DeclaredShape, true);
        _outputs.Add(value);
    }

    /// <summary>Adds a constant under a fresh name made from <paramref name="nameHint"/>.</summary>
    public Value AddInitializer(string nameHint, TensorData data)
    {
        Value value = NewValue(FreshName(nameHint));
        value.IsInitializer = true;
        _initializers.Add(value);
        SetInitializer(value, data);
        return value;
    }

    /// <summary>Replaces the content of an initializer; element type and shape may change.</summary>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not an initializer of this graph.</exception>
    public void SetInitializer(Value value, TensorData data)
    {
        if (!value.IsInitializer || _values.GetValueOrDefault(value.Name) != value) throw new ArgumentException("not an initializer of this graph", nameof(value));
        data = Store?.Keep(data) ?? data;
        value.Constant = data;
        value.Type = data.Type;
        value.DeclaredShape = [.. data.Shape.Select(d => new Axis(d, null))];
    }

    /// <summary>Says that the shape declared for <paramref name="value"/> no longer holds: its value_info is not written. Inputs and outputs keep theirs.</summary>
    public void ForgetShape(Value value)
    {
        if (value.IsGraphInput || value.IsGraphOutput || value.IsInitializer) return;
        value.DeclaredShape = null;
        value.IsShapeForgotten = true;
    }

    internal Value NewValue(string name)
    {
        Value value = new(name);
        _values.Add(name, value);
        return value;
    }

    internal Value NewOmittedValue()
    {
        Value value = NewValue(FreshName("<omitted output>"));
        value.IsOmitted = true;
        return value;
    }

    /// <summary>In a body made in code: what stands for the value of that name around it.</summary>
    public Value AddOuter(string name) => _values.GetValueOrDefault(name) ?? NewOuterValue(name);

    /// <summary>Says which values the bodies of <paramref name="node"/> read, and keeps new names away from theirs.</summary>
    internal void Connect(Node node, bool inBody = false)
    {
        foreach (Graph body in node.Bodies)
        {
            foreach (Value outer in body.Outer)
            {
                // A name that is defined nowhere is left to whoever runs the model.
                if (!_values.TryGetValue(outer.Name, out Value? value))
                {
                    if (inBody) node.AddCaptured(NewOuterValue(outer.Name));
                    continue;
                }
                node.AddCaptured(value);
                if (outer.Type == ElementType.Undefined) outer.Type = value.Type;
            }
            ReservedNames.UnionWith(body._values.Values.Where(v => !v.IsOuter).Select(v => v.Name));
            ReservedNames.UnionWith(body.ReservedNames);
        }
    }

    internal Value NewOuterValue(string name)
    {
        Value value = NewValue(name);
        value.IsOuter = true;
        _outer.Add(value);
        return value;
    }

    internal bool Contains(Node node) => _nodeSet.Contains(node);

    internal void AppendFromFile(Node node)
    {
        _nodeNames.Add(node.Name);
        _nodes.Add(node);
        _nodeSet.Add(node);
    }

    internal void AppendInputFromFile(Value value)
    {
        value.IsGraphInput = true;
        _inputs.Add(value);
    }

    internal void Reorder(List<Node> order)
    {
        _nodes.Clear();
        _nodes.AddRange(order);
    }

    internal void AppendInitializerFromFile(Value value) => _initializers.Add(value);

    private string FreshName(string hint)
    {
        if (IsFree(hint)) return hint;
        for (int i = 1; ; i++)
        {
            string name = $"{hint}_{i}";
            if (IsFree(name)) return name;
        }
    }

    // ONNX Runtime refuses two nodes of one name.
    private string FreshNodeName(string hint)
    {
        string name = hint;
        for (int i = 1; !_nodeNames.Add(name); i++) name = $"{hint}_{i}";
        return name;
    }

    private bool IsFree(string name) => !_values.ContainsKey(name) && !ReservedNames.Contains(name);
}
