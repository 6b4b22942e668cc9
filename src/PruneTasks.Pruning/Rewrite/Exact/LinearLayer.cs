using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A <see cref="LinearView"/> that takes factors and shifts.</summary>
internal sealed class LinearLayer : ScalableLayer
{
    private readonly LinearView _view;

    private LinearLayer(LinearView view) => _view = view;

    public override Value Weight => _view.Weight;

    /// <summary>The layer, if its weight and bias are its own.</summary>
    public static LinearLayer? Of(LinearView view) =>
        IsOwn(view.Weight) && (view.Bias is null || (IsOwn(view.Bias) && view.BiasScale != 0)) && view.WeightScale != 0 && CanHaveBias(view) ? new LinearLayer(view) : null;

    public override void ScaleOutput(Graph graph, double[] factor, double[] shift)
    {
        Scale(graph, (_, o) => factor[o]);
        double[] bias = Bias();
        SetBias(graph, [.. bias.Select((b, o) => (b * factor[o]) + shift[o])]);
    }

    public override void ScaleInput(Graph graph, double[] factor, double[] shift)
    {
        double[] bias = Bias();
        float[] old = _view.WeightAsInOut().ToFloats();
        for (int i = 0; i < _view.InFeatures; i++)
            for (int o = 0; o < bias.Length; o++) bias[o] += shift[i] * old[(i * bias.Length) + o];
        Scale(graph, (i, _) => factor[i]);
        SetBias(graph, bias);
    }

    // A product whose name is the model's output, or that control flow reads, cannot get a sum behind it.
    private static bool CanHaveBias(LinearView view) => view.Bias is not null || view.Output is { IsGraphOutput: false, IsCaptured: false };

    private double[] Bias() => _view.BiasAsVector() is { } bias ? [.. bias.ToFloats().Select(b => (double)b)] : new double[_view.OutFeatures];

    private void Scale(Graph graph, Func<int, int, double> factor)
    {
        TensorData weight = _view.Weight.Constant!;
        float[] values = weight.ToFloats();
        int columns = (int)weight.Shape[1];
        for (int at = 0; at < values.Length; at++)
        {
            (int row, int column) = (at / columns, at % columns);
            values[at] = (float)(values[at] * (_view.InAxis == 0 ? factor(row, column) : factor(column, row)));
        }
        Put(graph, _view.Weight, _view.WeightNode, _view.WeightInput, TensorData.FromFloats(weight.Type, weight.Shape, values));
    }

    private void SetBias(Graph graph, double[] bias)
    {
        float[] values = [.. bias.Select(b => (float)(b / _view.BiasScale))];
        if (_view is { Bias: { } old, BiasNode: { } node })
        {
            long[] shape = old.Constant!.Count == values.Length ? [.. old.Constant.Shape] : [values.Length];
            Put(graph, old, node, _view.BiasInput, TensorData.FromFloats(_view.Weight.Type, shape, values));
            return;
        }
        Value sum = _view.Output;
        graph.InsertAfter(sum, "Add", before => [before, graph.AddInitializer(sum.Name + "_bias", TensorData.FromFloats(_view.Weight.Type, [values.Length], values))]);
    }

    private static void Put(Graph graph, Value old, Node node, int input, TensorData data)
    {
        if (old.IsInitializer) graph.SetInitializer(old, data);
        else graph.SetInput(node, input, graph.AddInitializer(old.Name + "_folded", data));
    }
}
