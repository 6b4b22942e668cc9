using PruneTasks.Onnx;

namespace PersonalVision.Trainer.Export;

/// <summary>Shortens the making of a graph: operators with one output, and constants that are shared by their name.</summary>
internal sealed class GraphBuilder(string name)
{
    private readonly Dictionary<string, Value> _shared = [];

    public Graph Graph { get; } = new(name);

    /// <summary>Adds an operator; its single output takes the given name.</summary>
    public Value Op(string type, string output, Value?[] inputs, params (string Name, AttributeData Value)[] attributes) =>
        Graph.AddNode(type, inputs, output, attributes: attributes.ToDictionary(pair => pair.Name, pair => pair.Value)).Outputs[0];

    /// <summary>A constant without axes.</summary>
    public Value Scalar(string name, float value) => Shared(name, TensorData.Of([], value));

    /// <inheritdoc cref="Scalar(string, float)"/>
    public Value Scalar(string name, long value) => Shared(name, TensorData.Of([], value));

    /// <summary>A constant with one axis, as shapes are given.</summary>
    public Value Vector(string name, params long[] values) => Shared(name, TensorData.Vector(values));

    private Value Shared(string name, TensorData data)
    {
        if (!_shared.TryGetValue(name, out var value))
            _shared.Add(name, value = Graph.AddInitializer(name, data));
        return value;
    }
}
