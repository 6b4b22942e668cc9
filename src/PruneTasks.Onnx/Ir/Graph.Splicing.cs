namespace PruneTasks.Onnx;

/// <content>Puts the body of a control-flow node in its place.</content>
public sealed partial class Graph
{
    /// <summary>Replaces <paramref name="node"/> by the nodes of <paramref name="body"/>, one of its bodies, which takes no inputs: a branch of an If.</summary>
    /// <remarks>Names stay where they are free, so that bodies inside the body still find what they read. Outputs that are read by name keep theirs behind an Identity.</remarks>
    /// <returns>False, and nothing changed, if the body holds what cannot be written anew, or a name in it is taken.</returns>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not in this graph, or the body has inputs or too few outputs.</exception>
    public bool Splice(Node node, Graph body)
    {
        int at = _nodes.IndexOf(node);
        if (at < 0) throw new ArgumentException("not in this graph", nameof(node));
        if (body.Inputs.Count > 0 || body.Outputs.Count < node.Outputs.Count) throw new ArgumentException("the body does not fit the node", nameof(body));
        if (!CanMove(body)) return false;
        Dictionary<Value, Value> moved = body.Outer.ToDictionary(v => v, v => _values[v.Name]);
        foreach (Value constant in body.Initializers)
        {
            Value value = NewValue(constant.Name);
            value.IsInitializer = true;
            _initializers.Add(value);
            SetInitializer(value, constant.Constant!);
            moved.Add(constant, value);
        }
        foreach (Node inner in body.Nodes) Insert(at++, Copy(inner, moved));
        for (int i = 0; i < node.Outputs.Count; i++) HandOver(node, node.Outputs[i], moved[body.Outputs[i]], ref at);
        node.Detach();
        _nodes.Remove(node);
        _nodeSet.Remove(node);
        return true;
    }

    /// <summary>Makes all readers of an output of <paramref name="node"/> read <paramref name="result"/>. An output that is read by name keeps it, behind an Identity.</summary>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not in this graph.</exception>
    public void TakeOver(Node node, Value output, Value result)
    {
        int at = _nodes.IndexOf(node);
        if (at < 0) throw new ArgumentException("not in this graph", nameof(node));
        if (!output.IsGraphOutput && !output.IsCaptured)
        {
            ReplaceUses(output, result);
            return;
        }
        Value unread = NewOmittedValue();
        node.ReplaceOutput(output, unread);
        Node identity = new("Identity", "", FreshNodeName(output.Name + "_node")) { IsModified = true };
        identity.AddInput(result);
        identity.AddOutput(output);
        Insert(at + 1, identity);
    }

    private bool CanMove(Graph body) =>
        body.Outer.All(v => _values.ContainsKey(v.Name))
        && body._values.Values.All(v => v.IsOuter || v.IsOmitted || !_values.ContainsKey(v.Name))
        && body.Initializers.All(v => v.Constant is { } c && TensorData.SizeOf(c.Type) is not null)
        && body.Nodes.All(n => n.Attributes.Values.All(a => !a.IsOpaque || a.Bodies.Count == 1));

    private Node Copy(Node inner, Dictionary<Value, Value> moved)
    {
        Node copy = new(inner.OpType, inner.Domain, FreshNodeName(inner.Name.Length > 0 ? inner.Name : inner.OpType)) { IsModified = true, Attributes = inner.Attributes };
        foreach (Value? input in inner.Inputs) copy.AddInput(input is null ? null : moved[input]);
        foreach (Value output in inner.Outputs)
        {
            Value value = output.IsOmitted ? NewOmittedValue() : NewValue(output.Name);
            (value.Type, value.DeclaredShape, value.Constant) = (output.Type, output.DeclaredShape, output.Constant);
            moved.Add(output, value);
            copy.AddOutput(value);
        }
        Connect(copy);
        return copy;
    }

    private void HandOver(Node node, Value output, Value result, ref int at)
    {
        if (!output.IsGraphOutput && !output.IsCaptured)
        {
            ReplaceUses(output, result);
            _values.Remove(output.Name);
            return;
        }
        Value unread = NewOmittedValue();
        node.ReplaceOutput(output, unread);
        _values.Remove(unread.Name);
        Node identity = new("Identity", "", FreshNodeName(output.Name + "_node")) { IsModified = true };
        identity.AddInput(result);
        identity.AddOutput(output);
        Insert(at++, identity);
    }

    private void Insert(int at, Node node)
    {
        _nodes.Insert(at, node);
        _nodeSet.Add(node);
    }
}
