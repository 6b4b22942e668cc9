using System.Runtime.InteropServices;
using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>One node with everything that it needs to run; integers (and scales) are constants, as exporters write them.</summary>
internal sealed record OperatorForm(string OpType, long Opset, IReadOnlyList<TensorData?> Inputs, params (string Name, object? Value)[] Attributes)
{
    /// <summary>Types of the outputs.</summary>
    internal ElementType[] Outputs { get; init; } = [ElementType.Float32];

    internal double Tolerance { get; init; } = 1e-4;

    internal OnnxModel Model()
    {
        Graph graph = new("g");
        List<Value?> inputs = [];
        int count = Inputs.Count;
        while (count > 0 && Inputs[count - 1] is null) count--;
        for (int i = 0; i < count; i++)
        {
            inputs.Add(Inputs[i] is not { } data ? null
                : i > 0 && (data.Type == ElementType.Int64 || OpType is "Resize" or "Upsample" or "Conv" or "ConvTranspose") ? graph.AddInitializer($"x{i}", data)
                : graph.AddInput($"x{i}", data.Type, [.. data.Shape.Select(d => new Axis(d, null))]));
        }
        Dictionary<string, AttributeData> attributes = Attributes.Where(a => a.Value is not null).ToDictionary(a => a.Name, a => Attribute(a.Value!));
        Node node = graph.AddNode(OpType, inputs, "y", outputs: Outputs.Length, attributes: attributes);
        for (int i = 0; i < Outputs.Length; i++) graph.AddOutput(node.Outputs[i], Outputs[i], null);
        return OnnxModel.Create(graph, new Dictionary<string, long> { [""] = Opset }, Opset > 20 ? 10 : 9, "test");
    }

    public override string ToString() =>
        $"{OpType}-{Opset}({string.Join(", ", Inputs.Select(i => i is null ? "-" : $"{i.Type}[{string.Join(",", i.Shape)}]{(i is { Type: ElementType.Int64, Count: < 9 } ? $"={{{string.Join(",", i.ToInt64s())}}}" : "")}"))}) "
        + string.Join(" ", Attributes.Where(a => a.Value is not null).Select(a => $"{a.Name}={(a.Value is long[] list ? string.Join(",", list) : a.Value)}"));

    private static AttributeData Attribute(object value) => value switch
    {
        long number => number,
        float number => number,
        string text => text,
        long[] list => list,
        float[] list => new AttributeData { Floats = list },
        _ => throw new ArgumentException($"no attribute is a {value.GetType()}", nameof(value)),
    };

    internal static TensorData Floats(Random random, params long[] shape) =>
        TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 4) - 2))]);

    internal static TensorData Bytes(Random random, bool signed, params long[] shape)
    {
        var bytes = new byte[shape.Aggregate(1L, (a, b) => a * b)];
        random.NextBytes(bytes);
        return new(signed ? ElementType.Int8 : ElementType.UInt8, shape, bytes);
    }

    internal static TensorData Int32s(long[] shape, params int[] values) => new(ElementType.Int32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    internal static TensorData Bools(params bool[] values) => new(ElementType.Bool, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
