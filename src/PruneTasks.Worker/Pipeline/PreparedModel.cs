using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Evaluation;

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
        UnitInventory first = UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Taken(model)));
        SitePreparation.GiveBiases(model.Graph, first);
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Taken(model));
        InferredShapes one = ShapeInference.Run(model, oneSample);
        return new PreparedModel(model, shapes, one, ShapeInvariants.Find(model), WithCosts(UnitFinder.Find(model, shapes), one));
    }

    // With the sizes of the data a shape may be unknown that is known with others: such a file contradicts itself.
    private static UnitInventory WithCosts(UnitInventory found, InferredShapes oneSample)
    {
        PruneSite[] without = [.. found.Sites.Where(site => !HasCost(site, oneSample))];
        return without.Length == 0 ? found : found with
        {
            Sites = [.. found.Sites.Except(without)],
            Refusals = [.. found.Refusals, .. without.Select(site => new Refusal(site.Kind, site.Name, site.First.OpType, RefusalReason.UnknownShape, "its shape is not known for the sizes of the data"))],
        };
    }

    private static bool HasCost(PruneSite site, InferredShapes oneSample)
    {
        try
        {
            _ = SiteCosts.Of(site, oneSample);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The file with the weights of a build, in which removed units are gone in effect; the model itself is left as it was.</summary>
    public ModelImage Masked(BuildResult build)
    {
        Dictionary<Value, TensorData> old = build.Weights.Keys.ToDictionary(v => v, v => v.Constant!);
        try
        {
            foreach ((Value weight, TensorData data) in build.Weights) Model.Graph.SetInitializer(weight, data);
            return ModelImage.Of(Model);
        }
        finally
        {
            foreach ((Value weight, TensorData data) in old) Model.Graph.SetInitializer(weight, data);
        }
    }

    /// <summary>Without some places; they become refusals.</summary>
    /// <param name="wrong">The places.</param>
    /// <param name="reason">Why.</param>
    /// <param name="words">The same, before what each place says.</param>
    public PreparedModel Without(IReadOnlyList<InexactSite> wrong, RefusalReason reason = RefusalReason.RemovalNotExact, string words = "removal was tried and undone: ") => this with
    {
        Inventory = Inventory with
        {
            Sites = [.. Inventory.Sites.Where(site => wrong.All(w => !ReferenceEquals(w.Site, site)))],
            Refusals = [.. Inventory.Refusals, .. wrong.Select(w => new Refusal(w.Site.Kind, w.Site.Name, w.Site.First.OpType, reason, $"{words}{w.Why}"))],
        },
    };
}
