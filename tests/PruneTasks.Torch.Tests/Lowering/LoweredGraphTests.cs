using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

public sealed class LoweredGraphTests
{
    [Fact]
    public void Gradient_of_a_weight_equals_finite_differences()
    {
        using var scope = NewDisposeScope();
        (OnnxModel model, Value x, Value w) = Small();
        using LoweredGraph graph = LoweredGraph.Create(model);
        Tensor weight = graph.Weight(w).clone().requires_grad_(true), input = Compensation.Numbers.Normal(1, 4, 3).to(float32);
        double Loss() => graph.Run(new Dictionary<Value, Tensor> { [x] = input }, model.Graph.Outputs)[0].to(float64).square().sum().item<double>();

        graph.SetWeight(w, weight);
        graph.Run(new Dictionary<Value, Tensor> { [x] = input }, model.Graph.Outputs)[0].square().sum().backward();
        float[] gradient = weight.grad!.reshape(-1).data<float>().ToArray();
        Assert.Contains(gradient, g => Math.Abs(g) > 0.1);
        for (int i = 0; i < gradient.Length; i++)
        {
            double At(double shift)
            {
                using var off = no_grad();
                Tensor moved = weight.detach().clone();
                moved.view(-1)[i] += shift;
                graph.SetWeight(w, moved);
                return Loss();
            }
            double slope = (At(1e-2) - At(-1e-2)) / 2e-2;
            Assert.Equal(slope, gradient[i], 1e-2 * Math.Max(1, Math.Abs(slope)));
        }
    }

    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op13")]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17")]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op13")]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17")]
    [InlineData("stories260K/stories260K_op17")]
    public void Blocks_run_one_after_another_from_what_crosses_the_cut_give_the_whole(string name)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        (OnnxModel model, Dictionary<Value, Tensor> inputs, _) = RecordedRun.Load(name);
        using LoweredGraph graph = LoweredGraph.Create(model);
        Tensor whole = graph.Run(inputs, model.Graph.Outputs)[0];
        int count = model.Graph.Nodes.Count;
        IReadOnlyDictionary<Value, Tensor> stream = inputs;
        Assert.Equal(model.Graph.Inputs, graph.LiveAt(-1));
        for (int position = 37; position < count - 1; position += 53)
        {
            IReadOnlyList<Value> live = graph.LiveAt(position);
            Assert.InRange(live.Count, 1, 24);
            stream = live.Zip(graph.Run(stream, live)).ToDictionary(p => p.First, p => p.Second);
        }
        Numbers(whole, graph.Run(stream, model.Graph.Outputs)[0]);
        Assert.Equal(model.Graph.Outputs, graph.LiveAt(count - 1));
        Assert.Equal(whole.data<float>().ToArray(), graph.Run(inputs, model.Graph.Outputs)[0].data<float>().ToArray());
    }

    /// <summary>A tensor is another one than a tensor of the same content; and what is no number is not even like itself.</summary>
    [Fact]
    public void Numbers_that_are_none_are_handed_on_as_all_others()
    {
        using var scope = NewDisposeScope();
        Graph graph = new("handed");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n")]);
        Value same = graph.AddNode("Identity", [graph.AddNode("Neg", [x], "neg").Outputs[0]], "same").Outputs[0];
        graph.AddOutput(graph.AddNode("Identity", [same], "again").Outputs[0], ElementType.Float32, null);
        graph.AddOutput(graph.AddNode("Abs", [same], "abs").Outputs[0], ElementType.Float32, null);
        using LoweredGraph lowered = LoweredGraph.Create(OnnxModel.Create(graph, 17, 8, "test"));
        IReadOnlyList<Tensor> found = lowered.Run(new Dictionary<Value, Tensor> { [x] = tensor(new[] { 1, float.NaN }) }, graph.Outputs);
        Assert.Equal([-1, float.NaN], found[0].data<float>().ToArray());
        Assert.Equal([1, float.NaN], found[1].data<float>().ToArray());
    }

    [Fact]
    public void The_same_question_is_answered_anew_where_something_else_is_given_or_a_weight_has_changed()
    {
        using var scope = NewDisposeScope();
        Graph graph = new("questions");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n")]);
        Value weight = graph.AddInitializer("w", TensorData.Of([1], 3f));
        Value folded = graph.AddNode("Neg", [weight], "folded").Outputs[0];
        Value product = graph.AddNode("Mul", [x, folded], "product").Outputs[0];
        Value y = graph.AddNode("Exp", [graph.AddNode("Abs", [product], "abs").Outputs[0]], "y").Outputs[0];
        graph.AddOutput(y, ElementType.Float32, null);
        using LoweredGraph dense = LoweredGraph.Create(OnnxModel.Create(graph, 17, 8, "test")), fork = dense.Fork();
        Dictionary<Value, Tensor> input = new() { [x] = tensor(new[] { 2f }) }, cut = new() { [product] = tensor(new[] { 5f }) }, both = new() { [x] = tensor(new[] { 2f }), [folded] = tensor(new[] { 7f }) };
        for (int turn = 0; turn < 3; turn++)
        {
            Assert.Equal(-6, dense.Run(input, [product])[0].item<float>());
            Assert.Equal(MathF.Exp(5), dense.Run(cut, [y])[0].item<float>(), 1e-3);
            Assert.Equal(14, dense.Run(both, [product])[0].item<float>());
            fork.SetWeight(weight, tensor(new[] { 1f + turn }));
            Assert.Equal(-2 * (1 + turn), fork.Run(input, [product])[0].item<float>());
        }
    }

    /// <summary>A detector with a head for every scale, or a decoder that gives its keys and values: the first output is made long before the last layer.</summary>
    [Fact]
    public void An_output_that_is_made_before_the_cut_is_still_given_behind_it()
    {
        using var scope = NewDisposeScope();
        Graph graph = new("heads");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(3, null)]);
        Value first = graph.AddNode("Relu", [x], "first").Outputs[0];
        Value second = graph.AddNode("Neg", [graph.AddNode("Exp", [x], "between").Outputs[0]], "second").Outputs[0];
        graph.AddOutput(first, ElementType.Float32, null);
        graph.AddOutput(second, ElementType.Float32, null);
        using LoweredGraph lowered = LoweredGraph.Create(OnnxModel.Create(graph, 17, 8, "test"));
        Dictionary<Value, Tensor> input = new() { [x] = tensor(new float[,] { { -1, 0, 2 } }) };
        IReadOnlyList<Value> live = lowered.LiveAt(1);
        Assert.Equal([first, second.Producer!.Inputs[0]!], live);
        Dictionary<Value, Tensor> cut = live.Zip(lowered.Run(input, live)).ToDictionary(p => p.First, p => p.Second);
        foreach ((Tensor whole, Tensor behind) in lowered.Run(input, graph.Outputs).Zip(lowered.Run(cut, graph.Outputs))) Numbers(whole, behind);
    }

    [Fact]
    public void Fork_shares_weights_until_one_of_the_two_is_changed()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        (OnnxModel model, Value x, Value w) = Small();
        Dictionary<Value, Tensor> input = new() { [x] = ones(2, 3) };
        LoweredGraph graph = LoweredGraph.Create(model);
        Tensor before = graph.Run(input, model.Graph.Outputs)[0];
        LoweredGraph fork = graph.Fork();
        fork.SetWeight(w, zeros(3, 5));
        Numbers(before, graph.Run(input, model.Graph.Outputs)[0]);
        Assert.Equal(0, fork.Run(input, model.Graph.Outputs)[0].abs().max().item<float>());
        graph.Dispose();
        fork.SetWeight(w, ones(3, 5));
        Assert.Equal(6, fork.Run(input, [model.Graph.Nodes[1].Outputs[0]])[0][0, 0].item<float>());
        fork.Dispose();
    }

    [Fact]
    public void Values_folded_from_a_weight_follow_its_changes()
    {
        using var scope = NewDisposeScope();
        (OnnxModel model, Value x, Value w) = Small();
        using LoweredGraph graph = LoweredGraph.Create(model);
        Dictionary<Value, Tensor> input = new() { [x] = ones(1, 3) };
        Value folded = model.Graph.Nodes[0].Outputs[0];
        graph.Run(input, model.Graph.Outputs);
        graph.SetWeight(w, full([3, 5], 7f));
        Assert.Equal(14, graph.Run(input, [folded])[0][0, 0].item<float>());
    }

    [Fact]
    public void Only_what_the_targets_need_is_asked_for()
    {
        using var scope = NewDisposeScope();
        (OnnxModel model, Value x, Value w) = Small();
        using LoweredGraph graph = LoweredGraph.Create(model);
        Value hidden = model.Graph.Nodes[1].Outputs[0];
        Tensor half = graph.Run(new Dictionary<Value, Tensor> { [hidden] = tensor(new float[,] { { -1, 2 } }) }, model.Graph.Outputs)[0];
        Assert.Equal([0f, 2f], half.data<float>().ToArray());
        Assert.Contains(x.Name, Assert.Throws<ArgumentException>(() => graph.Run(new Dictionary<Value, Tensor>(), model.Graph.Outputs)).Message, StringComparison.Ordinal);
        Assert.Equal([3L, 5L], graph.Run(new Dictionary<Value, Tensor>(), [w])[0].shape);
        Assert.Throws<ArgumentException>(() => graph.SetWeight(w, zeros(2, 2)));
        Assert.Throws<ArgumentException>(() => graph.SetWeight(x, zeros(2, 2)));
    }

    [Fact]
    public void Shapes_that_do_not_fit_end_in_an_error_that_names_the_node_and_not_the_process()
    {
        using var scope = NewDisposeScope();
        (OnnxModel model, Value x, _) = Small();
        using LoweredGraph graph = LoweredGraph.Create(model);
        LoweringException e = Assert.Throws<LoweringException>(() => graph.Run(new Dictionary<Value, Tensor> { [x] = ones(2, 4) }, model.Graph.Outputs));
        Assert.Equal("MatMul", e.Node.OpType);
        Assert.Contains("[2, 4]", e.Message, StringComparison.Ordinal);
    }

    // y = relu(x · (2w)), the product with 2 folded; [n, 3] · [3, 5].
    internal static (OnnxModel Model, Value X, Value W) Small()
    {
        Graph graph = new("g");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(3, null)]);
        Value w = graph.AddInitializer("w", TensorData.Of([3, 5], Enumerable.Range(0, 15).Select(i => MathF.Sin(i + 1)).ToArray()));
        Value two = graph.AddInitializer("two", TensorData.Of([], 2f));
        Node scaled = graph.AddNode("Mul", [w, two], "scaled");
        Node product = graph.AddNode("MatMul", [x, scaled.Outputs[0]], "product");
        Node y = graph.AddNode("Relu", [product.Outputs[0]], "y");
        graph.AddOutput(y.Outputs[0], ElementType.Float32, null);
        return (OnnxModel.Create(graph, 17, 8, "test"), x, w);
    }

    private static void Numbers(Tensor expected, Tensor actual) => Compensation.Numbers.Near(expected, actual, 1e-5);
}
