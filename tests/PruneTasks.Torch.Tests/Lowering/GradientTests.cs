using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Tests.Building;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

public sealed class GradientTests
{
    [Theory]
    [InlineData(TransformerStyle.Split)]
    [InlineData(TransformerStyle.EinsumDynamic)]
    [InlineData(TransformerStyle.PackedSeqFirst)]
    public void Gradients_of_weights_are_those_of_finite_differences(TransformerStyle style)
    {
        OnnxModel model = PruningTests.Prepared(style);
        using DisposeScope scope = NewDisposeScope();
        using LoweredGraph graph = LoweredGraph.Create(model);
        Tensor inputs = PruningTests.Inputs(style, 4);
        Value weight = PruningTests.Find(model).Sites.OfType<PruneTasks.Pruning.FfnSite>().First().Consumers[0].Weight;
        Tensor old = graph.Weight(weight).clone(), direction = randn(old.shape, generator: new Generator(9)), along = randn(Output(graph, model, inputs).shape, generator: new Generator(8));
        Tensor leaf = old.clone().requires_grad_(true);
        graph.SetWeight(weight, leaf);
        Tensor gradient = autograd.grad([(Output(graph, model, inputs) * along).sum()], [leaf])[0];
        double exact = (gradient * direction).sum().item<float>();
        const double Step = 1e-2;
        double difference = (At(Step) - At(-Step)) / (2 * Step);
        Assert.Equal(difference, exact, Math.Max(1e-3, Math.Abs(difference) * 0.02));

        double At(double step)
        {
            using var off = no_grad();
            graph.SetWeight(weight, old + (direction * step));
            return (Output(graph, model, inputs).to(float64) * along).sum().item<double>();
        }
    }

    private static Tensor Output(LoweredGraph graph, OnnxModel model, Tensor inputs) =>
        graph.Run(new Dictionary<Value, Tensor> { [model.Graph.Inputs[0]] = inputs }, [model.Graph.Outputs[0]])[0];
}
