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

    /// <summary>Adds a node before <paramref name="before"/>, or at the end; outputs get fresh names made from <paramref name="nameHint"/>.</summary>
    /// <returns>The node; its first output is <c>Outputs[0]</c>.</returns>
    /// <exception cref="ArgumentException"><paramref name="before"/> is not in this graph.</exception>
    public Node AddNode(
        string opType, IReadOnlyList<Value?> inputs, string nameHint, Node? before = null, int outputs = 1,
        IReadOnlyDictionary<string, AttributeData>? attributes = null, string domain = "") =>
        AddNode(opType, inputs, [.. Enumerable.Repeat(nameHint, outputs)], before, attributes, domain);

    /// <summary>Adds a node before <paramref name="before"/>, or at the end, with an output for each of <paramref name="nameHints"/>: under that name where it is free.</summary>
    /// <returns>The node.</returns>
    /// <exception cref="ArgumentException"><paramref name="before"/> is not in this graph.</exception>
    public Node AddNode(
        string opType, IReadOnlyList<Value?> inputs, IReadOnlyList<string> nameHints, Node? before,
        IReadOnlyDictionary<string, AttributeData>? attributes = null, string domain = "")
    {
        int at = before is null ? _nodes.Count : _nodes.IndexOf(before);
        if (at < 0) throw new ArgumentException("not in this graph", nameof(before));
        Value[] results = [.. nameHints.Select(hint => NewValue(FreshName(hint)))];
        Node node = new(opType, domain, FreshNodeName((results.Length > 0 ? results[0].Name : opType) + "_node")) { IsModified = true };
        if (attributes is not null) node.Attributes = attributes;
        foreach (Value? input in inputs) node.AddInput(input);
        foreach (Value result in results) node.AddOutput(result);
        Connect(node);
        _nodes.Insert(at, node);
        _nodeSet.Add(node);
        return node;
    }

    /// <summary>
    /// Puts a node behind the one that computes <paramref name="value"/>. The new node's result takes the name: all readers, a graph output among
    /// them, get it.
    /// </summary>
    /// <param name="value">Output of a node.</param>
    /// <param name="opType">Operator of the new node, with one output.</param>
    /// <param name="inputs">Its inputs, given what <paramref name="value"/> was before.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is no output of a node of this graph.</exception>
    public Node InsertAfter(Value value, string opType, Func<Value, IReadOnlyList<Value?>> inputs, IReadOnlyDictionary<string, AttributeData>? attributes = null)
    {
        int at = value.Producer is { } producer ? _nodes.IndexOf(producer) : -1;
        if (at < 0) throw new ArgumentException("no output of a node of this graph", nameof(value));
        Value before = NewValue(FreshName(value.Name + "_before"));
        (before.Type, before.DeclaredShape) = (value.Type, value.DeclaredShape);
        value.Producer!.ReplaceOutput(value, before);
        Node node = new(opType, "", FreshNodeName(value.Name + "_node")) { IsModified = true };
        if (attributes is not null) node.Attributes = attributes;
        foreach (Value? input in inputs(before)) node.AddInput(input);
        node.AddOutput(value);
        _nodes.Insert(at + 1, node);
        _nodeSet.Add(node);
        return node;
    }

    /// <summary>Makes input <paramref name="index"/> of <paramref name="node"/> read <paramref name="value"/>.</summary>
    public void SetInput(Node node, int index, Value? value) => node.SetInput(index, value);

    /// <summary>Gives <paramref name="node"/> one more input.</summary>
    public void AppendInput(Node node, Value value)
    {
        node.AddInput(value);
        node.IsModified = true;
    }

    /// <summary>Replaces the attributes of <paramref name="node"/>.</summary>
    public void SetAttributes(Node node, IReadOnlyDictionary<string, AttributeData> attributes)
    {
        node.Attributes = attributes;
        node.IsModified = true;
    }

    /// <summary>Makes every node that reads <paramref name="old"/> read <paramref name="replacement"/>.</summary>
    /// <exception cref="InvalidOperationException"><paramref name="old"/> is a graph output or is read inside a control-flow body: its name must stay.</exception>
    public void ReplaceUses(Value old, Value replacement)
    {
        if (old.IsGraphOutput || old.IsCaptured) throw new InvalidOperationException($"'{old.Name}' is read by name; it cannot be replaced");
        foreach (Use use in old.Uses.ToArray()) use.Node.SetInput(use.Index, replacement);
    }

    /// <summary>Removes nodes and initializers whose results nothing reads, until none is left.</summary>
    public void RemoveUnused()
    {
        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            Node node = _nodes[i];
            if (node.Outputs.Any(o => o.Uses.Count > 0 || o.IsGraphOutput || o.IsCaptured)) continue;
            node.Detach();
            foreach (Value output in node.Outputs) _values.Remove(output.Name);
            _nodes.RemoveAt(i);
            _nodeSet.Remove(node);
        }
        foreach (Value value in _initializers.Where(v => v.Uses.Count == 0 && !v.IsGraphOutput && !v.IsCaptured).ToArray())
        {
            _initializers.Remove(value);
            _values.Remove(value.Name);
        }
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
