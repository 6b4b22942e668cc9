using PruneTasks.Onnx.Shapes;

namespace PruneTasks.Onnx;

/// <summary>Short form for writing rows.</summary>
internal static class RowFactory
{
    public const int Many = int.MaxValue;

    /// <summary>A row; numbers of inputs and outputs are a number or a pair (least, most).</summary>
    public static OperatorInfo Row(
        string name, int since, Arity inputs, AxisBehaviour behaviour, Action<NodeContext>? shape, Action<NodeContext>? content = null,
        bool lowered = false, Arity? outputs = null, int? until = null) => new()
        {
            Name = name,
            Since = since,
            Until = until,
            Inputs = inputs,
            Outputs = outputs ?? 1,
            Behaviour = behaviour,
            Shape = shape,
            Content = content,
            IsLowered = lowered,
        };
}
