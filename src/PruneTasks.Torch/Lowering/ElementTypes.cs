using PruneTasks.Onnx;

namespace PruneTasks.Torch.Lowering;

/// <summary>Element types of all values: as declared, else by the operator. What is computed with is often wider (<see cref="TorchTypes"/>), so that results have to be narrowed.</summary>
internal sealed class ElementTypes
{
    private readonly Dictionary<Value, ElementType> _types = [];

    /// <summary>Types in <paramref name="graph"/>; in a body, <paramref name="outer"/> knows the values that it reads from around it.</summary>
    internal ElementTypes(Graph graph, (Graph Graph, ElementTypes Types)? outer = null)
    {
        foreach (Value read in graph.Outer)
            if (outer is { } around && around.Graph.Values.TryGetValue(read.Name, out Value? value) && around.Types.Of(value) is var known && known != ElementType.Undefined) _types[read] = known;
        foreach (Node node in graph.Nodes)
        {
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                Value output = node.Outputs[i];
                ElementType type = output.Type != ElementType.Undefined ? output.Type : output.Constant?.Type ?? (node.Bodies.Any() ? FromBody(graph, node, i) : Made(node, i));
                if (type != ElementType.Undefined) _types[output] = type;
            }
        }
    }

    /// <summary>Type of <paramref name="value"/>; undefined if it is no tensor, or cannot be told.</summary>
    internal ElementType Of(Value? value) =>
        value is null ? ElementType.Undefined
        : _types.TryGetValue(value, out ElementType type) ? type
        : value.Type != ElementType.Undefined ? value.Type : value.Constant?.Type ?? ElementType.Undefined;

    // A Loop's body answers first whether to go on.
    private ElementType FromBody(Graph graph, Node node, int output)
    {
        int at = node.OpType == "Loop" ? output + 1 : output;
        return node.Bodies.Where(body => at < body.Outputs.Count).Select(body => new ElementTypes(body, (graph, this)).Of(body.Outputs[at])).FirstOrDefault(type => type != ElementType.Undefined);
    }

    private ElementType Made(Node node, int output)
    {
        ElementType Input(int i) => i < node.Inputs.Count ? Of(node.Inputs[i]) : ElementType.Undefined;
        ElementType Given(string attribute, ElementType fallback) => node.Int(attribute, 0) is var given and > 0 ? (ElementType)given : fallback;
        return node.OpType switch
        {
            "Equal" or "Less" or "Greater" or "LessOrEqual" or "GreaterOrEqual" or "And" or "Or" or "Xor" or "Not" or "IsNaN" or "IsInf" or "OptionalHasElement" => ElementType.Bool,
            "Shape" or "Size" or "ArgMax" or "ArgMin" or "NonZero" or "NonMaxSuppression" => ElementType.Int64,
            "TopK" or "MaxPool" or "Unique" when output > 0 => ElementType.Int64,
            "Dropout" when output > 0 => ElementType.Bool,
            "Cast" => Given("to", ElementType.Undefined),
            "CastLike" or "Where" => Input(1),
            "OneHot" => Input(2),
            "ConstantOfShape" => node.Attributes.TryGetValue("value", out AttributeData? fill) && fill.Tensor is { } tensor ? tensor.Type : ElementType.Float32,
            "EyeLike" or "RandomNormalLike" or "RandomUniformLike" or "Bernoulli" => Given("dtype", Input(0)),
            "RandomNormal" or "RandomUniform" => Given("dtype", ElementType.Float32),
            "Multinomial" => Given("dtype", ElementType.Int32),
            "BlackmanWindow" or "HammingWindow" or "HannWindow" or "MelWeightMatrix" => Given("output_datatype", ElementType.Float32),
            "QuantizeLinear" => node.Inputs.Count > 2 && node.Inputs[2] is not null ? Input(2) : Given("output_dtype", ElementType.UInt8),
            "DequantizeLinear" => Input(1),
            "DynamicQuantizeLinear" => output == 1 ? ElementType.Float32 : ElementType.UInt8,
            "MatMulInteger" or "ConvInteger" => ElementType.Int32,
            "QLinearMatMul" or "QLinearConv" => Input(7),
            // Indices come first there, or numbers that are quantised.
            "EmbedLayerNormalization" => output < 2 ? Input(2) : ElementType.Undefined,
            "QAttention" or "QGemm" => ElementType.Undefined,
            "TfIdfVectorizer" => ElementType.Float32,
            // Values that are not tensors, or constants without content.
            "SequenceAt" or "ConcatFromSequence" or "OptionalGetElement" or "Constant" => ElementType.Undefined,
            _ => Input(0),
        };
    }
}
