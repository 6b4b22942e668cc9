using PruneTasks.Onnx;

namespace PruneTasks.Torch.Lowering;

/// <summary>Which values depend on nothing but constants, and which only tell shapes.</summary>
internal sealed class ConstantCone
{
    private readonly HashSet<Value> _constant = [];
    private readonly HashSet<Value> _shape = [];

    internal ConstantCone(Graph graph)
    {
        foreach (Value value in graph.Initializers)
            if (value.Constant is not null) _constant.Add(value);
        foreach (Node node in graph.Nodes)
        {
            bool constant = node.OpType == "Constant" || (node.Inputs.Count > 0 && node.Reads.All(_constant.Contains));
            bool shape = !constant && (node.OpType is "Shape" or "Size" || node.Reads.All(i => _constant.Contains(i) || _shape.Contains(i)));
            foreach (Value output in node.Outputs)
            {
                if (constant) _constant.Add(output);
                else if (shape) _shape.Add(output);
            }
        }
    }

    /// <summary>Depends on constants alone.</summary>
    internal bool IsConstant(Value value) => _constant.Contains(value);

    /// <summary>Depends on shapes of activations and on constants, never on their content.</summary>
    internal bool IsShape(Value value) => _shape.Contains(value);
}
