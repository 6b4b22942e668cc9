using PersonalVision.Trainer.Export;
using PruneTasks.Onnx;
using Text.Trainer.Training;
using TorchSharp;

namespace Text.Trainer.Export;

/// <summary>
/// Writes a trained <see cref="TextTransformer"/> as an ONNX graph of opset 17, in the way exporters do: positions sliced to the length, split
/// query, key and value products, an additive mask, GELU spelled out with Erf, free batch and sequence axes.
/// </summary>
internal sealed class TextTransformerExporter
{
    private const long Opset = 17; // the first with LayerNormalization
    private const long IrVersion = 8;

    private readonly TextTransformerShape _shape;
    private readonly IReadOnlyDictionary<string, torch.Tensor> _weights;
    private readonly GraphBuilder _graph;

    private TextTransformerExporter(TextTransformer model, TextTransformerShape shape, string name)
    {
        _shape = shape;
        _weights = model.state_dict();
        _graph = new GraphBuilder(name);
    }

    /// <summary>
    /// A decoder has the input <c>input_ids</c> and the output <c>logits</c> [batch, sequence, tokens]; an encoder also the input
    /// <c>attention_mask</c>, and <c>logits</c> [batch, classes]. Inputs are int64 [batch, sequence].
    /// </summary>
    public static OnnxModel Export(TextTransformer model, TextTransformerShape shape, string name)
    {
        var exporter = new TextTransformerExporter(model, shape, name);
        exporter.Build();
        return OnnxModel.Create(exporter._graph.Graph, Opset, IrVersion, "Text.Trainer");
    }

    private void Build()
    {
        Axis batch = new(null, "batch"), sequence = new(null, "sequence"), outputs = new(_shape.Outputs, null);
        var ids = _graph.Graph.AddInput("input_ids", ElementType.Int64, [batch, sequence]);
        var mask = _shape.Causal ? null : _graph.Graph.AddInput("attention_mask", ElementType.Int64, [batch, sequence]);
        var length = _graph.Op("Gather", "length", [_graph.Op("Shape", "ids_shape", [ids]), _graph.Vector("length_axis", 1)], ("axis", 0L));
        var shares = mask is null ? null : _graph.Op("Cast", "mask_float", [mask], ("to", 1L));

        var words = _graph.Op("Gather", "words_out", [Weight("words.weight"), ids], ("axis", 0L));
        var tokens = _graph.Op("Add", "embedded", [words, FirstOf("positions_out", Weight("positions"), length, 0)]);
        var hidden = shares is null ? CausalMask(length) : PaddingMask(shares);
        for (var block = 0; block < _shape.Depth; block++)
            tokens = Block(tokens, hidden, $"blocks.{block}");
        tokens = Norm(tokens, "norm");

        var logits = shares is null
            ? Linear(tokens, "head", "logits")
            : _graph.Op("Gemm", "logits", [Mean(tokens, shares), Weight("head.weight"), Weight("head.bias")], ("transB", 1L));
        _graph.Graph.AddOutput(logits, ElementType.Float32, shares is null ? [batch, sequence, outputs] : [batch, outputs]);
    }

    private Value CausalMask(Value length)
    {
        var all = new float[_shape.Length * _shape.Length];
        for (var i = 0; i < all.Length; i++)
            all[i] = i % _shape.Length > i / _shape.Length ? TextTransformer.Hide : 0;
        var table = _graph.Graph.AddInitializer("causal_mask", TensorData.Of([_shape.Length, _shape.Length], all));
        return FirstOf("mask_columns", FirstOf("mask_rows", table, length, 0), length, 1);
    }

    private Value PaddingMask(Value shares)
    {
        var rows = _graph.Op("Unsqueeze", "mask_rows", [shares, _graph.Vector("mask_axes", 1, 2)]);
        return _graph.Op("Mul", "mask_added", [_graph.Op("Sub", "mask_inverted", [_graph.Scalar("one", 1f), rows]), _graph.Scalar("hide", TextTransformer.Hide)]);
    }

    private Value Mean(Value tokens, Value shares)
    {
        var columns = _graph.Op("Unsqueeze", "shares", [shares, _graph.Vector("last_axis", 2)]);
        var sum = _graph.Op("ReduceSum", "tokens_sum", [_graph.Op("Mul", "tokens_kept", [tokens, columns]), _graph.Vector("length_axis", 1)], ("keepdims", 0L));
        var count = _graph.Op("ReduceSum", "tokens_count", [columns, _graph.Vector("length_axis", 1)], ("keepdims", 0L));
        return _graph.Op("Div", "tokens_mean", [sum, count]);
    }

    private Value FirstOf(string name, Value table, Value length, long axis) => _graph.Op("Slice", name,
        [table, _graph.Vector("zero", 0), length, _graph.Vector($"axis_{axis}", axis)]);

    private Value Block(Value input, Value hidden, string at)
    {
        var attended = _graph.Op("Add", $"{at}.middle", [input, Attention(Norm(input, $"{at}.norm1"), hidden, at)]);
        var inner = Gelu(Linear(Norm(attended, $"{at}.norm2"), $"{at}.up"), $"{at}.gelu");
        return _graph.Op("Add", $"{at}.out", [attended, Linear(inner, $"{at}.down")]);
    }

    private Value Attention(Value x, Value hidden, string at)
    {
        var query = Heads(Linear(x, $"{at}.query"), $"{at}.query", 0, 2, 1, 3);
        var key = Heads(Linear(x, $"{at}.key"), $"{at}.key", 0, 2, 3, 1);
        var value = Heads(Linear(x, $"{at}.value"), $"{at}.value", 0, 2, 1, 3);
        var scale = _graph.Scalar("score_scale", MathF.Sqrt(_shape.HeadWidth));
        var scores = _graph.Op("Div", $"{at}.scores", [_graph.Op("MatMul", $"{at}.products", [query, key]), scale]);
        var seen = _graph.Op("Add", $"{at}.seen", [scores, hidden]);
        var shares = _graph.Op("Softmax", $"{at}.shares", [seen], ("axis", -1L));
        var mixed = _graph.Op("Transpose", $"{at}.mixed", [_graph.Op("MatMul", $"{at}.mix", [shares, value])], ("perm", new long[] { 0, 2, 1, 3 }));
        return Linear(_graph.Op("Reshape", $"{at}.joined", [mixed, _graph.Vector("joined_shape", 0, 0, _shape.Width)]), $"{at}.project");
    }

    private Value Heads(Value x, string at, params long[] perm)
    {
        var split = _graph.Op("Reshape", $"{at}.split", [x, _graph.Vector("heads_shape", 0, 0, _shape.Heads, _shape.HeadWidth)]);
        return _graph.Op("Transpose", $"{at}.heads", [split], ("perm", perm));
    }

    private Value Norm(Value x, string at) =>
        _graph.Op("LayerNormalization", at, [x, Weight($"{at}.weight"), Weight($"{at}.bias")], ("axis", -1L), ("epsilon", 1e-5f));

    // ONNX's MatMul takes [in, out], torch's linear layers hold [out, in].
    private Value Linear(Value x, string at, string? output = null)
    {
        var product = _graph.Op("MatMul", $"{at}.product", [x, Weight($"{at}.weight", transposed: true)]);
        return _graph.Op("Add", output ?? at, [Weight($"{at}.bias"), product]);
    }

    // x / 2 · (1 + erf(x / √2)) (Hendrycks and Gimpel 2016, equation 2)
    private Value Gelu(Value x, string at)
    {
        var erf = _graph.Op("Erf", $"{at}.erf", [_graph.Op("Div", $"{at}.scaled", [x, _graph.Scalar("sqrt_two", MathF.Sqrt(2f))])]);
        var gate = _graph.Op("Add", $"{at}.gate", [erf, _graph.Scalar("one", 1f)]);
        return _graph.Op("Mul", at, [_graph.Op("Mul", $"{at}.gated", [x, gate]), _graph.Scalar("half", 0.5f)]);
    }

    private Value Weight(string name, bool transposed = false)
    {
        using var scope = torch.NewDisposeScope();
        var weight = _weights[name].detach();
        weight = (transposed ? weight.t() : weight).contiguous();
        return _graph.Graph.AddInitializer(name, TensorData.Of(weight.shape, weight.data<float>().ToArray()));
    }
}
