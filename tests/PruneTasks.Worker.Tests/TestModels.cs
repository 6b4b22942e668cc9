using PruneTasks.Onnx;

namespace PruneTasks.Worker.Tests;

/// <summary>Small models made in code.</summary>
internal static class TestModels
{
    /// <summary>y = x · W (+ b), [batch, n] to [batch, m]; optionally Softmax after it.</summary>
    public static byte[] Linear(float[] weight, int inputs, int outputs, bool softmax = false, long? batch = null, float[]? bias = null)
    {
        var graph = new Graph("linear");
        Value x = graph.AddInput("x", ElementType.Float32, [new(batch, batch is null ? "batch" : null), new(inputs, null)]);
        Value w = graph.AddInitializer("w", TensorData.Of([inputs, outputs], weight));
        Value y = graph.AddNode("MatMul", [x, w], "product").Outputs[0];
        if (bias is not null) y = graph.AddNode("Add", [y, graph.AddInitializer("b", TensorData.Of([outputs], bias))], "sum").Outputs[0];
        if (softmax) y = graph.AddNode("Softmax", [y], "probabilities").Outputs[0];
        graph.AddOutput(y, ElementType.Float32, [new(batch, batch is null ? "batch" : null), new(outputs, null)]);
        return ToBytes(graph);
    }

    /// <summary>The number of the larger entry of x · W, [batch, 2] to [batch].</summary>
    public static byte[] Picks(float[] weight)
    {
        var graph = new Graph("picks");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(2, null)]);
        Value y = graph.AddNode("MatMul", [x, graph.AddInitializer("w", TensorData.Of([2, 2], weight))], "product").Outputs[0];
        Dictionary<string, AttributeData> last = new() { ["axis"] = 1L, ["keepdims"] = 0L };
        graph.AddOutput(graph.AddNode("ArgMax", [y], "class", attributes: last).Outputs[0], ElementType.Int64, [new(null, "batch")]);
        return ToBytes(graph);
    }

    /// <summary>An image classifier [batch, 3, size, size] to [batch, 3]: the mean of each channel is its score.</summary>
    public static byte[] ChannelMeans(int size, float gain = 1, float? blue = null)
    {
        var graph = new Graph("image");
        Value x = graph.AddInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(size, null), new(size, null)]);
        Value pooled = graph.AddNode("GlobalAveragePool", [x], "pooled").Outputs[0];
        Value flat = graph.AddNode("Flatten", [pooled], "flat").Outputs[0];
        Value w = graph.AddInitializer("w", TensorData.Of([3, 3], gain, 0f, 0f, 0f, gain, 0f, 0f, 0f, blue ?? gain));
        Value y = graph.AddNode("MatMul", [flat, w], "scores").Outputs[0];
        graph.AddOutput(y, ElementType.Float32, [new(null, "batch"), new(3, null)]);
        return ToBytes(graph);
    }

    private static byte[] ToBytes(Graph graph) => OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));
}
