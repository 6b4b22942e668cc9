namespace PruneTasks.Onnx.Serialization;

/// <summary>Content of a <c>Constant</c> node (ai.onnx Constant, since opset 1; the scalar forms since 12).</summary>
internal static class ConstantNode
{
    /// <summary>The content, or <see langword="null"/> for a sparse or unreadable one.</summary>
    public static TensorData? ContentOf(Node node)
    {
        foreach ((string name, AttributeData attribute) in node.Attributes)
        {
            switch (name)
            {
                case "value": return attribute.Tensor;
                case "value_float" when attribute.Float is { } x: return TensorData.Of([], x);
                case "value_floats" when attribute.Floats is { } x: return TensorData.Of([x.Count], [.. x]);
                case "value_int" when attribute.Int is { } x: return TensorData.Of([], x);
                case "value_ints" when attribute.Ints is { } x: return TensorData.Of([x.Count], [.. x]);
                case "value_string": return new TensorData(ElementType.String, [], default);
                case "value_strings" when attribute.Strings is { } x: return new TensorData(ElementType.String, [x.Count], default);
                default: break;
            }
        }
        return null;
    }
}
