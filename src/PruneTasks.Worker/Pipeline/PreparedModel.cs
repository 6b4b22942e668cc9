using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;

namespace PruneTasks.Worker.Pipeline;

/// <summary>A model ready to be pruned: weights as initializers, a bias for every layer that will be refitted, sites found.</summary>
internal sealed record PreparedModel(OnnxModel Model, InferredShapes Shapes, InferredShapes OneSample, ShapeInvariants Invariants, UnitInventory Inventory)
{
    /// <summary>What the activations of one sample take.</summary>
    public ActivationMemory Memory { get; } = ActivationMemory.Of(Model.Graph, OneSample);

    /// <summary>Rewrites <paramref name="model"/> (exactly: same function) and finds its sites; costs are for inputs of <paramref name="oneSample"/>.</summary>
    public static PreparedModel From(OnnxModel model, ShapeBinding oneSample)
    {
        SitePreparation.Prepare(model);
        UnitInventory first = UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default()));
        SitePreparation.GiveBiases(model.Graph, first);
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        return new PreparedModel(
            model, shapes, ShapeInference.Run(model, oneSample), ShapeInvariants.Find(model), UnitFinder.Find(model, shapes));
    }
}
