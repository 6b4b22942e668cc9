using PersonalVision.Trainer.Training;
using PruneTasks.Onnx;
using TorchSharp;

namespace PersonalVision.Trainer.Export;

/// <summary>
/// Writes a trained <see cref="VisionTransformer"/> as an ONNX graph of opset 17, in the way exporters do: patch convolution,
/// split query, key and value products, GELU spelled out with Erf, a free batch axis.
/// </summary>
internal sealed class VisionTransformerExporter
{
    private const long Opset = 17; // the first with LayerNormalization
    private const long IrVersion = 8;

    private readonly VisionTransformerShape _shape;
    private readonly IReadOnlyDictionary<string, torch.Tensor> _weights;
    private readonly GraphBuilder _graph = new("glyphs");

    private VisionTransformerExporter(VisionTransformer model, VisionTransformerShape shape)
    {
        _shape = shape;
        _weights = model.state_dict();
    }

    /// <summary>The model with input <c>pixels</c> [batch, 1, side, side] and output <c>logits</c> [batch, classes], float32.</summary>
    public static OnnxModel Export(VisionTransformer model, VisionTransformerShape shape)
    {
        var exporter = new VisionTransformerExporter(model, shape);
        exporter.Build();
        return OnnxModel.Create(exporter._graph.Graph, Opset, IrVersion, "PersonalVision.Trainer");
    }

    private void Build()
    {
        var side = new Axis(_shape.Side, null);
        var batch = new Axis(null, "batch");
        var pixels = _graph.Graph.AddInput("pixels", ElementType.Float32, [batch, new Axis(1, null), side, side]);

        var tokens = Embed(pixels);
        for (var block = 0; block < _shape.Depth; block++)
            tokens = Block(tokens, $"blocks.{block}");

        var first = _graph.Op("Gather", "class_token_out", [tokens, _graph.Scalar("zero", 0L)], ("axis", 1L));
        var logits = _graph.Op("Gemm", "logits", [Norm(first, "norm"), Weight("head.weight"), Weight("head.bias")], ("transB", 1L));
        _graph.Graph.AddOutput(logits, ElementType.Float32, [batch, new Axis(_shape.Classes, null)]);
    }

    // Patches to tokens, the class token in front, positions added.
    private Value Embed(Value pixels)
    {
        long[] patch = [_shape.Patch, _shape.Patch];
        var grid = _graph.Op("Conv", "patch", [pixels, Weight("patch.weight"), Weight("patch.bias")],
            ("kernel_shape", patch), ("strides", patch), ("pads", new long[] { 0, 0, 0, 0 }));
        var rows = _graph.Op("Reshape", "patch_rows", [grid, _graph.Vector("patch_shape", 0, _shape.Width, -1)]);
        var patches = _graph.Op("Transpose", "patches", [rows], ("perm", new long[] { 0, 2, 1 }));

        var batch = _graph.Op("Gather", "batch_size", [_graph.Op("Shape", "pixels_shape", [pixels]), _graph.Vector("batch_axis", 0)], ("axis", 0L));
        var classShape = _graph.Op("Concat", "class_token_shape", [batch, _graph.Vector("one_token", 1, _shape.Width)], ("axis", 0L));
        var classToken = _graph.Op("Expand", "class_token", [Weight("classToken"), classShape]);
        var sequence = _graph.Op("Concat", "sequence", [classToken, patches], ("axis", 1L));
        return _graph.Op("Add", "embedded", [sequence, Weight("positions")]);
    }

    private Value Block(Value input, string at)
    {
        var attended = _graph.Op("Add", $"{at}.middle", [input, Attention(Norm(input, $"{at}.norm1"), at)]);
        var hidden = Gelu(Linear(Norm(attended, $"{at}.norm2"), $"{at}.up"), $"{at}.gelu");
        return _graph.Op("Add", $"{at}.out", [attended, Linear(hidden, $"{at}.down")]);
    }

    private Value Attention(Value x, string at)
    {
        var query = Heads(Linear(x, $"{at}.query"), $"{at}.query", 0, 2, 1, 3);
        var key = Heads(Linear(x, $"{at}.key"), $"{at}.key", 0, 2, 3, 1);
        var value = Heads(Linear(x, $"{at}.value"), $"{at}.value", 0, 2, 1, 3);

        var scale = _graph.Scalar("score_scale", MathF.Sqrt(_shape.HeadWidth));
        var scores = _graph.Op("Div", $"{at}.scores", [_graph.Op("MatMul", $"{at}.products", [query, key]), scale]);
        var shares = _graph.Op("Softmax", $"{at}.shares", [scores], ("axis", -1L));
        var mixed = _graph.Op("Transpose", $"{at}.mixed", [_graph.Op("MatMul", $"{at}.mix", [shares, value])], ("perm", new long[] { 0, 2, 1, 3 }));
        var joined = _graph.Op("Reshape", $"{at}.joined", [mixed, _graph.Vector("joined_shape", 0, 0, _shape.Width)]);
        return Linear(joined, $"{at}.project");
    }

    private Value Heads(Value x, string at, params long[] perm)
    {
        var split = _graph.Op("Reshape", $"{at}.split", [x, _graph.Vector("heads_shape", 0, 0, _shape.Heads, _shape.HeadWidth)]);
        return _graph.Op("Transpose", $"{at}.heads", [split], ("perm", perm));
    }

    private Value Norm(Value x, string at) =>
        _graph.Op("LayerNormalization", at, [x, Weight($"{at}.weight"), Weight($"{at}.bias")], ("axis", -1L), ("epsilon", 1e-5f));

    // ONNX's MatMul takes [in, out], torch's linear layers hold [out, in].
    private Value Linear(Value x, string at)
    {
        var product = _graph.Op("MatMul", $"{at}.product", [x, Weight($"{at}.weight", transposed: true)]);
        return _graph.Op("Add", at, [Weight($"{at}.bias"), product]);
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
