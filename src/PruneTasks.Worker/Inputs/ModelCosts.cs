using PruneTasks.Onnx;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Inputs;

/// <summary>What a model costs.</summary>
internal static class ModelCosts
{
    /// <summary>Size, parameters, and the MACs of one run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">What the run is given: it sets the axes that the model leaves open.</param>
    public static ModelFacts Of(ModelFile model, Sample sample)
    {
        Cost cost = CostModel.Of(model.Model, ShapeInference.Run(model.Model, Binding(model.Model, sample))).Total;
        return new ModelFacts(model.Length, cost.Parameters, cost.Macs, model.Sha256);
    }

    private static ShapeBinding Binding(OnnxModel model, Sample sample) => ShapeBinding.Exact(
        model.Graph.Inputs.Zip(sample.Inputs).ToDictionary(pair => pair.First.Name, pair => EmptyInput.Fit(pair.Second, [.. pair.First.DeclaredShape?.Select(axis => axis.Size) ?? []]).Shape, StringComparer.Ordinal));
}
