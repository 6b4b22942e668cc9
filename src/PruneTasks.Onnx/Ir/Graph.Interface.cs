namespace PruneTasks.Onnx;

/// <content>Edits of what a caller sees: inputs and outputs.</content>
public sealed partial class Graph
{
    /// <summary>The outputs are no longer those of the file: all are declared anew.</summary>
    internal bool HasNewOutputs { get; private set; }

    /// <summary>Replaces the list of outputs. What is no output any more stays as a value; what is none yet has to be declared.</summary>
    /// <exception cref="ArgumentException">A value is not of this graph.</exception>
    public void SetOutputs(IReadOnlyList<Value> outputs)
    {
        if (outputs.FirstOrDefault(v => _values.GetValueOrDefault(v.Name) != v) is { } foreign) throw new ArgumentException($"'{foreign.Name}' is not of this graph", nameof(outputs));
        foreach (Value value in _outputs) value.IsGraphOutput = false;
        _outputs.Clear();
        _outputs.AddRange(outputs);
        foreach (Value value in _outputs) value.IsGraphOutput = true;
        HasNewOutputs = true;
    }

    /// <summary>Declares another shape for a graph output.</summary>
    /// <param name="output">The output.</param>
    /// <param name="shape">Its axes; <see langword="null"/> if even their number is not known.</param>
    /// <param name="type">Its element type, where that is not known yet.</param>
    /// <exception cref="ArgumentException"><paramref name="output"/> is none.</exception>
    public void DeclareOutput(Value output, IReadOnlyList<Axis>? shape, ElementType type = ElementType.Undefined)
    {
        if (!_outputs.Contains(output)) throw new ArgumentException("no output of this graph", nameof(output));
        if (type != ElementType.Undefined) output.Type = type;
        (output.DeclaredShape, output.IsDeclaredAnew) = (shape, true);
    }

    /// <summary>Declares another shape for a graph input.</summary>
    /// <exception cref="ArgumentException"><paramref name="input"/> is none.</exception>
    public void DeclareInput(Value input, IReadOnlyList<Axis> shape)
    {
        if (!_inputs.Contains(input)) throw new ArgumentException("no input of this graph", nameof(input));
        (input.DeclaredShape, input.IsDeclaredAnew) = (shape, true);
    }
}
