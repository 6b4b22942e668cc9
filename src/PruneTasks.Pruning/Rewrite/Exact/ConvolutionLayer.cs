using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A Conv or ConvTranspose (ai.onnx, since opset 1) that takes factors and shifts.</summary>
internal sealed class ConvolutionLayer : ScalableLayer
{
    private readonly Node _node;
    private readonly TensorData _weight;
    private readonly int _groups;
    private readonly bool _transposed;

    private ConvolutionLayer(Node node, TensorData weight)
    {
        (_node, _weight, _groups, _transposed) = (node, weight, (int)node.Int("group", 1), node.OpType == "ConvTranspose");
    }

    public override Value Weight => _node.Inputs[1]!;

    /// <summary>Number of output channels.</summary>
    public int OutChannels => _transposed ? (int)_weight.Shape[1] * _groups : (int)_weight.Shape[0];

    /// <summary>Number of input channels.</summary>
    public int InChannels => _transposed ? (int)_weight.Shape[0] : (int)_weight.Shape[1] * _groups;

    /// <summary>Nothing is put around the input.</summary>
    public bool IsUnpadded => !_transposed && _node.String("auto_pad", "NOTSET") is "NOTSET" or "VALID" && (_node.Ints("pads")?.All(p => p == 0) ?? true);

    /// <summary>The layer, if its weight and bias are constants that it alone reads.</summary>
    public static ConvolutionLayer? TryGet(Node node) =>
        node.Inputs.Count >= 2 && node.Outputs.Count == 1 && node.Inputs[1] is { Constant: { Shape.Count: > 2 } weight } value && IsOwn(value) && IsFloat(weight.Type)
        && (node.Inputs.Count < 3 || node.Inputs[2] is not { } bias || (bias.Constant is not null && IsOwn(bias)))
        && (node.Inputs.Count > 2 || node.Outputs[0] is { IsGraphOutput: false, IsCaptured: false })
            ? new ConvolutionLayer(node, weight) : null;

    public override void ScaleOutput(Graph graph, double[] factor, double[] shift)
    {
        SetWeight(graph, (o, _) => factor[o]);
        SetBias(graph, [.. Bias().Select((b, o) => (b * factor[o]) + shift[o])]);
    }

    public override void ScaleInput(Graph graph, double[] factor, double[] shift)
    {
        double[] bias = Bias();
        Each((at, o, i) => bias[o] += shift[i] * _values[at]);
        SetWeight(graph, (_, i) => factor[i]);
        SetBias(graph, bias);
    }

    private float[] _values => field ??= _weight.ToFloats();

    /// <summary>Every weight with its output and input channel. Conv: [out, in / groups, …]; ConvTranspose: [in, out / groups, …].</summary>
    private void Each(Action<int, int, int> visit)
    {
        int first = (int)_weight.Shape[0], second = (int)_weight.Shape[1], inner = _values.Length / Math.Max(1, first * second), perGroup = first / _groups;
        for (int at = 0; at < _values.Length; at++)
        {
            int a = at / inner / second, b = at / inner % second, other = (a / perGroup * second) + b;
            visit(at, _transposed ? other : a, _transposed ? a : other);
        }
    }

    private double[] Bias() => _node.Inputs.Count > 2 && _node.Inputs[2]?.Constant is { } bias ? [.. bias.ToFloats().Select(b => (double)b)] : new double[OutChannels];

    private void SetWeight(Graph graph, Func<int, int, double> factor)
    {
        var scaled = new float[_values.Length];
        Each((at, o, i) => scaled[at] = (float)(_values[at] * factor(o, i)));
        Put(graph, 1, TensorData.FromFloats(_weight.Type, _weight.Shape, scaled), Weight.Name);
    }

    private void SetBias(Graph graph, double[] bias)
    {
        TensorData data = TensorData.FromFloats(_weight.Type, [bias.Length], [.. bias.Select(b => (float)b)]);
        if (_node.Inputs.Count > 2)
        {
            Put(graph, 2, data, _node.Outputs[0].Name + "_bias");
            return;
        }
        // A node keeps its number of inputs: one with a bias takes its place.
        Node replacement = graph.AddNode(
            _node.OpType, [_node.Inputs[0], _node.Inputs[1], graph.AddInitializer(_node.Outputs[0].Name + "_bias", data)], _node.Outputs[0].Name + "_scaled", _node, attributes: _node.Attributes);
        graph.ReplaceUses(_node.Outputs[0], replacement.Outputs[0]);
    }

    private void Put(Graph graph, int input, TensorData data, string name)
    {
        if (_node.Inputs[input] is { IsInitializer: true } old) graph.SetInitializer(old, data);
        else graph.SetInput(_node, input, graph.AddInitializer(name + "_folded", data));
    }

    private static bool IsFloat(ElementType type) => type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;
}
