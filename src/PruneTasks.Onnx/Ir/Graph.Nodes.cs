namespace PruneTasks.Onnx;

// Nodes put in, reconnected and removed.
public sealed partial class Graph
{
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
}
