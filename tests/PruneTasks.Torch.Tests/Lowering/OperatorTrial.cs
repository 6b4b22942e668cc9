using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>One operator on given inputs: the lowering and the shape rule held against ONNX Runtime.</summary>
internal sealed class OperatorTrial(string opType, long opset, string domain = "")
{
    private readonly List<(TensorData? Data, bool IsConstant)> _inputs = [];
    private readonly Dictionary<string, AttributeData> _attributes = new(StringComparer.Ordinal);

    /// <summary>Allowed difference, relative to the largest element and at least absolute.</summary>
    internal double Tolerance { get; init; } = 2e-5;

    internal OperatorTrial Input(TensorData? data)
    {
        _inputs.Add((data, false));
        return this;
    }

    internal OperatorTrial Constant(TensorData? data)
    {
        _inputs.Add((data, true));
        return this;
    }

    internal OperatorTrial With(string attribute, AttributeData value)
    {
        _attributes.Add(attribute, value);
        return this;
    }

    /// <summary>Reproducible normal numbers.</summary>
    internal static TensorData Normal(int seed, params long[] shape) => Normal(seed, 1, shape);

    internal static TensorData Normal(int seed, double scale, long[] shape)
    {
        Random random = new(seed);
        double One() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)(scale * One()))]);
    }

    internal static TensorData Int32(long[] shape, params int[] values) =>
        new(ElementType.Int32, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>Runs both and compares the outputs named by <paramref name="types"/>.</summary>
    internal void Agrees(params ElementType[] types)
    {
        OnnxModel model = Model(types);
        Dictionary<string, TensorData> given = Given;
        IReadOnlyList<TensorData>? answer = RuntimeAnswer.Of(OnnxWriter.ToBytes(model), given);
        Assert.True(answer is not null, "ONNX Runtime does not run it");
        IReadOnlyList<TensorData> wanted = answer;
        using var scope = NewDisposeScope();
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Assert.Empty(lowered.Refusals);
        IReadOnlyList<Tensor> got = lowered.Run(model.Graph.Inputs.ToDictionary(v => v, v => TorchTypes.ToTensor(given[v.Name])), model.Graph.Outputs);
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Exact(given.ToDictionary(g => g.Key, g => g.Value.Shape)));
        for (int i = 0; i < wanted.Count; i++)
        {
            Assert.Equal(wanted[i].Shape, got[i].shape);
            if (shapes.ShapeOf(model.Graph.Outputs[i]) is { } inferred) Assert.Equal(wanted[i].Shape, inferred);
            else Assert.True(AllowsUnknownShapes, $"no shape for output {i}: {shapes.WhyUnknown(model.Graph.Outputs[i])?.Detail}");
            Tensor reference = TorchTypes.ToTensor(wanted[i]).to(float64), mine = got[i].to(float64);
            if (reference.numel() == 0) continue;
            Assert.False(mine.isnan().any().item<bool>(), $"output {i} has NaN");
            double difference = (reference - mine).abs().max().item<double>(), size = Math.Max(1, reference.abs().max().item<double>());
            Assert.True(difference <= Tolerance * size, $"output {i} differs by {difference:g4} of {size:g4} at {string.Join(" ", (reference - mine).abs().gt(Tolerance * size).reshape(-1).nonzero().reshape(-1).data<long>().Take(24))}\n{Numbers(reference)}\n{Numbers(mine)}");
        }
    }

    private static string Numbers(Tensor t) => string.Join(" ", t.contiguous().data<double>().Take(64).Select(x => x.ToString("g4", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>The outputs are read by another node, and are no outputs of the graph themselves.</summary>
    internal bool IsInside { get; init; }

    /// <summary>The inputs that the caller gives, by name.</summary>
    internal Dictionary<string, TensorData> Given => _inputs.Select((x, i) => (x, i)).Where(p => p.x is { Data: not null, IsConstant: false }).ToDictionary(p => $"x{p.i}", p => p.x.Data!);

    /// <summary>The shape may stay unknown before the run.</summary>
    internal bool AllowsUnknownShapes { get; init; }

    internal OnnxModel Model(IReadOnlyList<ElementType> types)
    {
        Graph graph = new("g");
        List<Value?> inputs = [];
        for (int i = 0; i < _inputs.Count; i++)
        {
            (TensorData? data, bool isConstant) = _inputs[i];
            inputs.Add(data is null ? null
                : isConstant ? graph.AddInitializer($"x{i}", data)
                : graph.AddInput($"x{i}", data.Type, [.. data.Shape.Select(d => new Axis(d, null))]));
        }
        Node node = graph.AddNode(opType, inputs, "y", outputs: types.Count, attributes: _attributes, domain: domain);
        for (int i = 0; i < types.Count; i++)
            if (types[i] != ElementType.Undefined) graph.AddOutput(IsInside ? graph.AddNode("Identity", [node.Outputs[i]], "z").Outputs[0] : node.Outputs[i], types[i], null);
        return OnnxModel.Create(graph, new Dictionary<string, long> { [""] = domain.Length > 0 ? 17 : opset, [domain] = opset }, 9, "test");
    }
}
