using System.Diagnostics;
using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static PruneTasks.Torch.Tests.Lowering.OperatorTrial;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>LSTM, GRU and RNN against ONNX Runtime.</summary>
public sealed class RecurrentTests(ITestOutputHelper output)
{
    private const long Steps = 5, Batch = 3, Width = 4, Hidden = 6;
    private const ElementType F = ElementType.Float32;

    public static IEnumerable<TheoryDataRow<string, string, string>> Cells() =>
        from cell in new[] { "LSTM", "GRU", "RNN" }
        from direction in new[] { "forward", "reverse", "bidirectional" }
        from form in new[] { "plain", "bias", "lengths", "states", "clip", "all" }
        select new TheoryDataRow<string, string, string>(cell, direction, form);

    [Theory]
    [MemberData(nameof(Cells))]
    public void Agrees_with_onnx_runtime_in_all_directions(string cell, string direction, string form)
    {
        OperatorTrial trial = Trial(cell, direction, form);
        trial.Agrees([.. Enumerable.Repeat(F, cell == "LSTM" ? 3 : 2)]);
    }

    [Theory]
    [InlineData("LSTM", 7)]
    [InlineData("LSTM", 14)]
    [InlineData("LSTM", 22)]
    [InlineData("GRU", 7)]
    [InlineData("GRU", 22)]
    [InlineData("RNN", 7)]
    [InlineData("RNN", 22)]
    public void Agrees_in_every_opset(string cell, int opset) => Trial(cell, "bidirectional", "all", opset).Agrees([.. Enumerable.Repeat(F, cell == "LSTM" ? 3 : 2)]);

    [Theory]
    [InlineData("forward")]
    [InlineData("bidirectional")]
    public void Lstm_with_peepholes_and_coupled_gates_agrees(string direction)
    {
        Trial("LSTM", direction, "peepholes").Agrees(F, F, F);
        Trial("LSTM", direction, "all").With("input_forget", 1).Agrees(F, F, F);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("bias")]
    [InlineData("all")]
    public void Gru_with_the_reset_gate_behind_the_product_agrees(string form) => Trial("GRU", "bidirectional", form).With("linear_before_reset", 1).Agrees(F, F);

    [Theory]
    [InlineData("Relu", null, null)]
    [InlineData("Tanh", null, null)]
    [InlineData("Sigmoid", null, null)]
    [InlineData("Softsign", null, null)]
    [InlineData("Softplus", null, null)]
    [InlineData("Affine", 0.5f, 0.25f)]
    [InlineData("LeakyRelu", null, null)]
    [InlineData("LeakyRelu", 0.3f, null)]
    [InlineData("ThresholdedRelu", 0.4f, null)]
    [InlineData("ScaledTanh", 0.7f, 0.4f)]
    [InlineData("HardSigmoid", null, null)]
    [InlineData("HardSigmoid", 0.3f, 0.4f)]
    [InlineData("Elu", null, null)]
    [InlineData("Elu", 0.6f, null)]
    public void Every_activation_agrees_with_and_without_parameters(string name, float? alpha, float? beta)
    {
        OperatorTrial trial = Trial("RNN", "forward", "bias").With("activations", new AttributeData { Strings = [name] });
        if (alpha is { } a) trial.With("activation_alpha", new AttributeData { Floats = [a] });
        if (beta is { } b) trial.With("activation_beta", new AttributeData { Floats = [b] });
        trial.Agrees(F, F);
    }

    [Fact]
    public void Parameters_of_activations_are_taken_in_order_by_those_that_have_them()
    {
        AttributeData Floats(params float[] x) => new() { Floats = x };
        Trial("LSTM", "bidirectional", "bias")
            .With("activations", new AttributeData { Strings = ["HardSigmoid", "LeakyRelu", "Tanh", "Sigmoid", "Elu", "Affine"] })
            .With("activation_alpha", Floats(0.3f, 0.2f, 0.4f, 0.9f)).With("activation_beta", Floats(0.45f, 0.1f)).Agrees(F, F, F);
        Trial("LSTM", "reverse", "all").With("activations", new AttributeData { Strings = ["Sigmoid", "Softsign", "Elu"] }).Agrees(F, F, F);
        Trial("GRU", "reverse", "all").With("activations", new AttributeData { Strings = ["HardSigmoid", "Relu"] }).Agrees(F, F);
        Trial("GRU", "forward", "bias")
            .With("activations", new AttributeData { Strings = ["HardSigmoid", "LeakyRelu"] }).With("activation_alpha", Floats(0.3f, 0.5f)).Agrees(F, F);
    }

    [Theory]
    [InlineData("LSTM", 1)]
    [InlineData("LSTM", 2)]
    [InlineData("GRU", 1)]
    [InlineData("RNN", 1)]
    public void Outputs_may_be_left_out(string cell, int kept)
    {
        ElementType[] types = [.. Enumerable.Repeat(ElementType.Undefined, cell == "LSTM" ? 3 : 2)];
        types[kept] = F;
        Trial(cell, "forward", "bias").Agrees(types);
        Trial(cell, "forward", "bias").Agrees(F);
    }

    [Fact]
    public void A_layout_with_the_batch_in_front_gives_the_same_numbers()
    {
        using var scope = NewDisposeScope();
        foreach (string cell in new[] { "LSTM", "GRU", "RNN" })
        {
            (IReadOnlyList<Tensor> first, IReadOnlyList<Tensor> second) = (Run(Trial(cell, "bidirectional", "all"), cell, false), Run(Trial(cell, "bidirectional", "all", 14).With("layout", 1), cell, true));
            Assert.InRange((first[0].permute(2, 0, 1, 3) - second[0]).abs().max().item<float>(), 0, 1e-6f);
            for (int i = 1; i < first.Count; i++) Assert.InRange((first[i].transpose(0, 1) - second[i]).abs().max().item<float>(), 0, 1e-6f);
        }

        static IReadOnlyList<Tensor> Run(OperatorTrial trial, string cell, bool batchFirst)
        {
            OnnxModel model = trial.Model([.. Enumerable.Repeat(F, cell == "LSTM" ? 3 : 2)]);
            using LoweredGraph lowered = LoweredGraph.Create(model);
            // Inputs that run along the batch: x and the states.
            Tensor Given(Value v) => Tensors(cell)[v.Name] is var t && batchFirst && v.Name is "x0" or "x5" or "x6" ? t.transpose(0, 1) : Tensors(cell)[v.Name];
            return lowered.Run(model.Graph.Inputs.ToDictionary(v => v, Given), model.Graph.Outputs);
        }

        static Dictionary<string, Tensor> Tensors(string cell) =>
            Inputs(cell, "all", 2).Select((t, i) => (t, i)).Where(p => p.t is not null).ToDictionary(p => $"x{p.i}", p => TorchTypes.ToTensor(p.t!));
    }

    [Fact]
    public void What_does_not_fit_or_is_not_known_is_refused_with_a_reason()
    {
        Assert.Contains("'Swish' is not known", Refusal(Trial("LSTM", "forward", "plain").With("activations", new AttributeData { Strings = ["Swish", "Tanh", "Tanh"] })), StringComparison.Ordinal);
        Assert.Contains("instead of 6", Refusal(Trial("LSTM", "bidirectional", "plain").With("activations", new AttributeData { Strings = ["Sigmoid", "Tanh", "Tanh"] })), StringComparison.Ordinal);
        Assert.Contains("'ThresholdedRelu' without", Refusal(Trial("RNN", "forward", "plain").With("activations", new AttributeData { Strings = ["ThresholdedRelu"] })), StringComparison.Ordinal);
        Assert.Contains("opset 7", Refusal(Trial("GRU", "forward", "plain", 3)), StringComparison.Ordinal);
        OnnxModel model = new OperatorTrial("RNN", 14).Input(Normal(1, 2, 3, 4)).Constant(Normal(2, 1, 6, 4)).Constant(Normal(3, 1, 6, 6)).Constant(Normal(4, 1, 6)).Model([F]);
        using var scope = NewDisposeScope();
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Assert.Contains("input 3 is [1, 6] instead of [1, 12]", Assert.Throws<LoweringException>(() =>
            lowered.Run(new Dictionary<Value, Tensor> { [model.Graph.Inputs[0]] = ones(2, 3, 4) }, model.Graph.Outputs)).Message, StringComparison.Ordinal);

        static string Refusal(OperatorTrial trial)
        {
            using LoweredGraph lowered = LoweredGraph.Create(trial.Model([F]));
            return Assert.Single(lowered.Refusals).Reason;
        }
    }

    [Fact]
    public void Long_sequences_take_well_under_a_millisecond_a_step()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        OnnxModel model = new OperatorTrial("LSTM", 14).Input(Normal(1, 400, 8, 64)).Constant(Normal(2, 0.1, [1, 512, 64])).Constant(Normal(3, 0.1, [1, 512, 128])).Model([F]);
        using LoweredGraph lowered = LoweredGraph.Create(model);
        Dictionary<Value, Tensor> inputs = new() { [model.Graph.Inputs[0]] = randn(400, 8, 64) };
        lowered.Run(inputs, model.Graph.Outputs);
        Stopwatch clock = Stopwatch.StartNew();
        lowered.Run(inputs, model.Graph.Outputs);
        output.WriteLine($"{clock.Elapsed.TotalMilliseconds / 400:f3} ms a step");
        Assert.True(clock.Elapsed.TotalSeconds < 4, $"{clock.Elapsed.TotalMilliseconds / 400} ms a step");
    }

    private static OperatorTrial Trial(string cell, string direction, string form, int opset = 13)
    {
        OperatorTrial trial = new OperatorTrial(cell, opset).With("hidden_size", Hidden).With("direction", direction);
        foreach (TensorData? input in Inputs(cell, form, direction == "bidirectional" ? 2 : 1)) trial.Input(input);
        return form is "clip" or "all" ? trial.With("clip", 0.6f) : trial;
    }

    private static List<TensorData?> Inputs(string cell, string form, long directions)
    {
        long gates = cell switch { "LSTM" => 4, "GRU" => 3, _ => 1 };
        List<TensorData?> inputs = [Normal(1, Steps, Batch, Width), Normal(2, 0.7, [directions, gates * Hidden, Width]), Normal(3, 0.7, [directions, gates * Hidden, Hidden])];
        bool Is(params string[] forms) => form == "all" || forms.Contains(form);
        inputs.Add(Is("bias", "clip", "peepholes") ? Normal(4, 0.5, [directions, 2 * gates * Hidden]) : null);
        inputs.Add(Is("lengths") ? Int32([Batch], 5, 2, 4) : null);
        inputs.Add(Is("states") ? Normal(5, directions, Batch, Hidden) : null);
        if (cell == "LSTM")
        {
            inputs.Add(Is("states") ? Normal(6, directions, Batch, Hidden) : null);
            inputs.Add(Is("peepholes") ? Normal(7, directions, 3 * Hidden) : null);
        }
        while (inputs[^1] is null) inputs.RemoveAt(inputs.Count - 1);
        return inputs;
    }
}
