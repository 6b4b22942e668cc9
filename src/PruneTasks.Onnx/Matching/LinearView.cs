namespace PruneTasks.Onnx;

/// <summary>
/// A linear layer with a constant weight, whichever operator an exporter wrote it with: y[…, out] = Σ_in x[…, in] · w + bias.
/// The axis that is summed over is the last of <see cref="Input"/>, the new one is the last of <see cref="Output"/>.
/// </summary>
/// <remarks>
/// Recognised: <c>MatMul(x, W)</c>; <c>Gemm</c> with transA = 0 and a bias that does not depend on the row; <c>Einsum</c> of an activation and a
/// matrix that replaces the last axis; each of them with a following <c>Add</c> of a constant along the last axis, if nothing else reads the product.
/// </remarks>
public sealed class LinearView
{
    private LinearView(Node node, int dataInput, int inAxis)
    {
        Node = node;
        WeightInput = 1 - dataInput;
        Input = node.Inputs[dataInput]!;
        Weight = node.Inputs[WeightInput]!;
        InAxis = inAxis;
        Output = node.Outputs[0];
    }

    /// <summary>The node that multiplies.</summary>
    public Node Node { get; }

    /// <summary>The node that reads the weight: <see cref="Node"/>.</summary>
    public Node WeightNode => Node;

    /// <summary>Which input of <see cref="WeightNode"/> the weight is.</summary>
    public int WeightInput { get; }

    /// <summary>What the layer reads.</summary>
    public Value Input { get; }

    /// <summary>The result, after the bias.</summary>
    public Value Output { get; private set; }

    /// <summary>The weight, a constant matrix.</summary>
    public Value Weight { get; }

    /// <summary>Axis of the weight along the input features: 0 for rows = in, 1 for rows = out.</summary>
    public int InAxis { get; }

    /// <summary>Axis of the weight along the output features.</summary>
    public int OutAxis => 1 - InAxis;

    /// <summary>Number of input features.</summary>
    public int InFeatures => (int)Weight.Constant!.Shape[InAxis];

    /// <summary>Number of output features.</summary>
    public int OutFeatures => (int)Weight.Constant!.Shape[OutAxis];

    /// <summary>The bias: a constant whose last axis has <see cref="OutFeatures"/> entries or one; <see langword="null"/> without bias.</summary>
    public Value? Bias { get; private set; }

    /// <summary>The node that reads the bias: a Gemm or an Add.</summary>
    public Node? BiasNode { get; private set; }

    /// <summary>Which input of <see cref="BiasNode"/> the bias is.</summary>
    public int BiasInput { get; private set; }

    /// <summary>Factor on the product (Gemm, alpha).</summary>
    public float WeightScale { get; private init; } = 1;

    /// <summary>Factor on the bias (Gemm, beta).</summary>
    public float BiasScale { get; private init; } = 1;

    /// <summary>The linear layer that <paramref name="node"/> computes, or <see langword="null"/> if it is none.</summary>
    public static LinearView? TryGet(Node node)
    {
        if (node.Domain.Length > 0 || node.Outputs.Count != 1) return null;
        LinearView? view = node.OpType switch
        {
            "MatMul" when IsLayer(node, 0) => new LinearView(node, 0, inAxis: 0),
            "Gemm" when IsLayer(node, 0) && node.Int("transA", 0) == 0 => OfGemm(node),
            "Einsum" => OfEinsum(node),
            _ => null,
        };
        if (view is { Bias: null }) view.TakeFollowingBias();
        return view;
    }

    /// <summary>The weight with rows = input features and columns = output features, <see cref="WeightScale"/> included.</summary>
    public TensorData WeightAsInOut()
    {
        TensorData weight = Weight.Constant!;
        if (InAxis == 0 && WeightScale == 1) return weight;
        float[] values = weight.ToFloats();
        var result = new float[values.Length];
        for (int i = 0; i < InFeatures; i++)
        {
            for (int o = 0; o < OutFeatures; o++)
                result[(i * OutFeatures) + o] = WeightScale * values[InAxis == 0 ? (i * OutFeatures) + o : (o * InFeatures) + i];
        }
        return TensorData.FromFloats(weight.Type, [InFeatures, OutFeatures], result);
    }

    /// <summary>The bias as a vector of <see cref="OutFeatures"/> entries, <see cref="BiasScale"/> included; <see langword="null"/> without bias.</summary>
    public TensorData? BiasAsVector()
    {
        if (Bias?.Constant is not { } bias) return null;
        float[] values = bias.ToFloats();
        return TensorData.FromFloats(bias.Type, [OutFeatures], [.. Enumerable.Range(0, OutFeatures).Select(o => BiasScale * values[values.Length == 1 ? 0 : o])]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Node.OpType} {Input} [{InFeatures} -> {OutFeatures}] {Output}";

    private static LinearView? OfGemm(Node node)
    {
        var view = new LinearView(node, 0, inAxis: node.Int("transB", 0) == 0 ? 0 : 1)
        {
            WeightScale = node.Float("alpha", 1),
            BiasScale = node.Float("beta", 1),
        };
        if (node.Inputs.Count < 3 || node.Inputs[2] is not { } bias) return view;
        if (!view.IsBias(bias)) return null;
        (view.Bias, view.BiasNode, view.BiasInput) = (bias, node, 2);
        return view;
    }

    private static LinearView? OfEinsum(Node node)
    {
        if (EinsumEquation.Parse(node.String("equation")) is not { Operands: [var first, var second] } equation) return null;
        for (int data = 0; data < 2; data++)
        {
            if (!IsLayer(node, data)) continue;
            string x = data == 0 ? first : second, w = data == 0 ? second : first, y = equation.Output;
            if (w.Length != 2 || w[0] == w[1] || x.Length == 0 || y.Length == 0 || x[..^1] != y[..^1]) return null;
            int inAxis = w.IndexOf(x[^1]), outAxis = w.IndexOf(y[^1]);
            if (inAxis < 0 || outAxis < 0 || inAxis == outAxis || x[..^1].AsSpan().IndexOfAny(w) >= 0) return null;
            return new LinearView(node, data, inAxis);
        }
        return null;
    }

    private static bool IsLayer(Node node, int data) =>
        node.Inputs.Count >= 2
        && node.Inputs[data] is { Constant: null }
        && node.Inputs[1 - data]?.Constant is { Shape.Count: 2, Count: > 0, Type: ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 };

    private void TakeFollowingBias()
    {
        if (Output is { IsGraphOutput: false, IsCaptured: false, Uses: [{ Node: { OpType: "Add", Domain: "", Inputs.Count: 2 } add, Index: var at }] }
            && add.Inputs[1 - at] is { } bias && IsBias(bias))
        {
            (Bias, BiasNode, BiasInput, Output) = (bias, add, 1 - at, add.Outputs[0]);
        }
    }

    private bool IsBias(Value value) =>
        value.Constant is { } bias
        && bias.Type == Weight.Constant!.Type
        && (bias.Count == 1 || (bias.Count == OutFeatures && bias.Shape[^1] == OutFeatures));
}
