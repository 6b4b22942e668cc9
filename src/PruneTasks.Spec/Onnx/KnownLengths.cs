namespace PruneTasks.Spec.Onnx;

/// <summary>
/// Lengths of output axes that a file leaves open though its weights fix them. PyTorch's exporter names the width of a text model's vectors
/// "Addlast_hidden_state_dim_2"; the bias in front of it has 384 numbers.
/// </summary>
/// <remarks>
/// A small part of shape inference (ONNX's operators, their sections on shapes), as much as the ends of classifiers and text models need. It runs in every build,
/// where the worker and its whole inference are not at hand, and not at all where nothing is open. What it does not know stays open.
/// </remarks>
internal static class KnownLengths
{
    /// <summary>The signature with those lengths filled in. Only the last axis is: it is what vectors and scores are measured by, and never a batch.</summary>
    /// <exception cref="OnnxFormatException">The file is cut off.</exception>
    public static ModelSignature Fill(ModelSignature signature, Stream model)
    {
        if (!signature.Outputs.Any(IsOpen))
            return signature;
        model.Position = 0;
        Dictionary<string, Shape> shapes = Shapes(GraphNodes.Read(model), signature.Inputs);
        return signature with { Outputs = [.. signature.Outputs.Select(output => IsOpen(output) ? Filled(output, shapes) : output)] };
    }

    private static bool IsOpen(TensorSignature output) => output.Axes is { Count: > 1 } axes && axes[axes.Count - 1].Length is null;

    private static TensorSignature Filled(TensorSignature output, Dictionary<string, Shape> shapes)
    {
        int last = output.Axes!.Count - 1;
        if (!shapes.TryGetValue(output.Name, out Shape? shape) || shape.Last is not { } length || (shape.Axes is { } axes && axes.Count != last + 1))
            return output;
        return output with { Axes = [.. output.Axes.Take(last), new AxisSignature(length, null)] };
    }

    private static Dictionary<string, Shape> Shapes(GraphNodes graph, IReadOnlyList<TensorSignature> inputs)
    {
        Dictionary<string, Shape> shapes = new(StringComparer.Ordinal);
        foreach (TensorSignature input in inputs)
        {
            if (input.Axes is { } axes)
                shapes[input.Name] = Shape.Of([.. axes.Select(axis => axis.Length)]);
        }
        foreach (KeyValuePair<string, IReadOnlyList<long>> weight in graph.Weights)
            shapes[weight.Key] = Shape.Of([.. weight.Value.Select(length => (long?)length)]);
        // ONNX files list nodes after what they take.
        foreach (GraphNode node in graph.Nodes)
        {
            if (node.Outputs.Count > 0)
                shapes[node.Outputs[0]] = Outcome(node, i => i < node.Inputs.Count && shapes.TryGetValue(node.Inputs[i], out Shape? known) ? known : Shape.Unknown);
        }
        return shapes;
    }

    private static Shape Outcome(GraphNode node, Func<int, Shape> input) => node.Operator switch
    {
        "Identity" or "Cast" or "Dropout" or "Clip" or "Relu" or "LeakyRelu" or "Elu" or "Selu" or "Tanh" or "Sigmoid" or "HardSigmoid" or "HardSwish" or "Erf" or "Gelu"
            or "Softplus" or "Mish" or "Sqrt" or "Exp" or "Log" or "Abs" or "Neg" or "Reciprocal" or "Softmax" or "LogSoftmax" or "LpNormalization" or "BatchNormalization"
            or "com.microsoft:Gelu" or "com.microsoft:FastGelu" or "com.microsoft:QuickGelu" => input(0),
        "LayerNormalization" or "SimplifiedLayerNormalization" or "RMSNormalization" => Shape.Broadcast(input(0), input(1)),
        "com.microsoft:SkipLayerNormalization" or "com.microsoft:SkipSimplifiedLayerNormalization" => Shape.Broadcast(Shape.Broadcast(input(0), input(1)), input(2)),
        "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Min" or "Max" or "com.microsoft:BiasGelu" =>
            // Before opset 7 an attribute said which axes meet.
            node.Inputs.Count == 2 && node.Numbers.Count == 0 ? Shape.Broadcast(input(0), input(1)) : Shape.Unknown,
        "Where" => Shape.Broadcast(Shape.Broadcast(input(0), input(1)), input(2)),
        "MatMul" => Shape.Product(input(0), input(1)),
        "Gemm" => input(1).Axes is { Count: 2 } weight ? Shape.Of([null, weight[node.Number("transB", 0) == 1 ? 0 : 1]]) : Shape.Unknown,
        "Gather" => Shape.Gather(input(0), input(1), node.Number("axis", 0)),
        "Transpose" => input(0).Transpose(node.Numbers.TryGetValue("perm", out IReadOnlyList<long>? order) ? order : null),
        // Axes as an input (opset 13 or 18 on) are contents of a weight, which are not read.
        "ReduceMean" or "ReduceSum" or "ReduceMax" or "ReduceL2" =>
            node.Numbers.TryGetValue("axes", out IReadOnlyList<long>? axes) ? input(0).Reduce(axes, node.Number("keepdims", 1) == 1) : Shape.Unknown,
        _ => Shape.Unknown,
    };

    /// <summary>What is known of a shape: all axes, or the length of the last one alone.</summary>
    private sealed record Shape(IReadOnlyList<long?>? Axes, long? Last)
    {
        public static Shape Unknown { get; } = new(null, null);

        public static Shape Of(IReadOnlyList<long?> axes) => new(axes, axes.Count > 0 ? axes[axes.Count - 1] : null);

        public static Shape Broadcast(Shape a, Shape b)
        {
            if (a.Axes is null || b.Axes is null)
                return new Shape(null, a.Last > 1 ? a.Last : b.Last > 1 ? b.Last : null);
            var shape = new long?[Math.Max(a.Axes.Count, b.Axes.Count)];
            for (int i = 1; i <= shape.Length; i++)
            {
                long? one = i <= a.Axes.Count ? a.Axes[a.Axes.Count - i] : 1, other = i <= b.Axes.Count ? b.Axes[b.Axes.Count - i] : 1;
                // A length above 1 is that of the outcome; an open one may be 1 or it.
                shape[shape.Length - i] = one > 1 ? one : other > 1 ? other : one is null || other is null ? null : Math.Min(one.Value, other.Value);
            }
            return Of(shape);
        }

        public static Shape Product(Shape a, Shape b)
        {
            if (b.Axes is not { Count: >= 2 })
                return Unknown;
            if (a.Axes is not { Count: >= 2 })
                return new Shape(null, b.Last);
            Shape batch = Broadcast(Of([.. a.Axes.Take(a.Axes.Count - 2)]), Of([.. b.Axes.Take(b.Axes.Count - 2)]));
            return Of([.. batch.Axes!, a.Axes[a.Axes.Count - 2], b.Last]);
        }

        public static Shape Gather(Shape data, Shape indices, long axis)
        {
            if (data.Axes is null || indices.Axes is null)
                return Unknown;
            int at = (int)(axis < 0 ? axis + data.Axes.Count : axis);
            return at >= 0 && at < data.Axes.Count ? Of([.. data.Axes.Take(at), .. indices.Axes, .. data.Axes.Skip(at + 1)]) : Unknown;
        }

        public Shape Transpose(IReadOnlyList<long>? order)
        {
            if (Axes is null)
                return Unknown;
            if (order is null)
                return Of([.. Axes.Reverse()]);
            return order.Count == Axes.Count && order.All(i => i >= 0 && i < Axes.Count) ? Of([.. order.Select(i => Axes[(int)i])]) : Unknown;
        }

        public Shape Reduce(IReadOnlyList<long> axes, bool stay)
        {
            if (Axes is null || axes.Any(axis => axis < -Axes.Count || axis >= Axes.Count))
                return Unknown;
            HashSet<int> gone = [.. axes.Select(axis => (int)(axis < 0 ? axis + Axes.Count : axis))];
            return Of([.. Axes.Select((length, i) => (Length: gone.Contains(i) ? 1 : length, Stays: stay || !gone.Contains(i))).Where(axis => axis.Stays).Select(axis => axis.Length)]);
        }
    }
}
