using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Lowering;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Inspection;
using PruneTasks.Worker.Pipeline;
using TorchSharp;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Takes one file through what the worker does with a model, in the worker's order and with its own code: all but the measurements on data.</summary>
internal static class OnnxTrial
{
    private const int Open = 3;
    private const long MostElements = 1 << 16;

    /// <summary>Runs the file at <paramref name="path"/>.</summary>
    /// <param name="path">The file, alone in its folder but for what it may refer to.</param>
    /// <param name="spec">A spec that names it.</param>
    /// <param name="compute">Also runs the network on zeros, in torch.</param>
    /// <returns>Ids of the diagnostics that refuse it, or <c>read</c>.</returns>
    public static string Run(string path, PruneSpec spec, bool compute)
    {
        try
        {
            SignatureReadResult signature = ModelReading.Read(spec);
            if (signature.Signature is { } known) _ = ManifestBuilder.Build(spec, known).Manifest?.ToJson();
            ModelFile file = ModelFile.Read(path);
            ModelInspection inspection = ModelInspection.Of(file);
            _ = InspectionText.Write(inspection);
            _ = InspectionText.WriteJson(inspection);
            // The build refuses what its own, quicker look at the file refuses.
            if (signature.Signature is null) return string.Join('+', signature.Diagnostics.Select(d => d.Id).Distinct());
            Prepare(file, compute);
            return "read";
        }
        catch (PruneDiagnosticException refused)
        {
            return string.Join('+', refused.Diagnostics.Select(d => d.Id).Distinct());
        }
    }

    private static void Prepare(ModelFile file, bool compute)
    {
        OnnxModel model = Again(file.Model);
        ShapeBinding oneSample = ShapeBinding.Default(1, Open);
        if (ConstantFolding.Apply(model, RunAlone) > 0) model = Again(model);
        if (BatchNormFolding.Apply(model) > 0) model = Again(model);
        SitePreparation.MakeWeightsInitializers(model.Graph);
        _ = TokenSlice.Apply(model, ShapeInvariants.Find(model), oneSample);
        PreparedModel prepared = PreparedModel.From(Again(model), oneSample);
        if (compute) Compute(prepared.Model);
        var removals = new List<SiteRemoval>();
        foreach (PruneSite site in prepared.Inventory.Sites)
        {
            _ = SiteCosts.Of(site, prepared.OneSample);
            removals.Add(new SiteRemoval(site, [.. Enumerable.Range(0, Math.Max(1, site.Units / 2))]));
        }
        if (removals.Count == 0) return;
        try
        {
            PhysicalRemoval.Apply(prepared.Model, removals, prepared.Invariants);
        }
        catch (InvalidOperationException problem)
        {
            // PRUNE0410 in the worker: units that were found cannot be taken out.
            throw new PruneDiagnosticException(PruneDiagnostics.VerificationFailed.In(null, problem.Message));
        }
        _ = CostModel.OfOneSample(Again(prepared.Model));
    }

    private static OnnxModel Again(OnnxModel model) => OnnxReader.Load(OnnxWriter.ToBytes(model, inlineExternalData: true));

    private static IReadOnlyList<TensorData?> RunAlone(OnnxModel constants)
    {
        try
        {
            using OrtSession session = OrtSession.Load(OnnxWriter.ToBytes(constants), "constants", 1);
            return session.Run([]);
        }
        catch (Exception problem) when (problem is PruneDiagnosticException or OnnxRuntimeException)
        {
            // The worker undoes the rewrite then, and goes on.
            return [.. constants.Graph.Outputs.Select(_ => (TensorData?)null)];
        }
    }

    private static void Compute(OnnxModel model)
    {
        using var scope = torch.NewDisposeScope();
        using LoweredGraph graph = LoweredGraph.Create(model);
        if (graph.Refusals.Count > 0) return; // PRUNE0105 in the worker
        Dictionary<Value, torch.Tensor> inputs = [];
        foreach (Value input in model.Graph.Inputs)
        {
            long[]? shape = input.DeclaredShape is { } axes ? [.. axes.Select((axis, i) => axis.Size ?? (i == 0 ? 2 : Open))] : null;
            if (shape is null || shape.Aggregate(1.0, (a, b) => a * b) > MostElements) return;
            inputs.Add(input, torch.zeros(shape, input.Type switch
            {
                ElementType.Int64 => torch.int64,
                ElementType.Int32 => torch.int32,
                ElementType.Bool => torch.@bool,
                ElementType.Float64 => torch.float64,
                _ => torch.float32,
            }));
        }
        try
        {
            using var off = torch.no_grad();
            _ = graph.Run(inputs, model.Graph.Outputs);
        }
        catch (LoweringException)
        {
            // Typed, and an id'd error in the worker.
        }
    }
}
