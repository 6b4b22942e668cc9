using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Inputs;

/// <summary>What makes it pointless to begin: found from the file and one sample, before anything is run.</summary>
internal static class ModelChecks
{
    /// <summary>Kind of weights, and their layout.</summary>
    /// <exception cref="PruneDiagnosticException">Most of it is quantised, or it was laid out for one processor.</exception>
    public static void RequirePrunable(PruneSpec spec, ModelFile file, ICollection<PruneDiagnostic> diagnostics)
    {
        SourceSpan place = spec.PlaceNear("model");
        // What ONNX Runtime's layout transformer writes (NCHWc); the blocks are as wide as the vectors of the processor.
        if (file.Model.Graph.Nodes.Count(n => n.Domain == "com.microsoft.nchwc") is > 0 and var blocked)
            throw new PruneDiagnosticException(PruneDiagnostics.BlockedLayout.At(spec.File, place, spec.Model.Written, $"{blocked} {(blocked == 1 ? "operator" : "operators")} of com.microsoft.nchwc"));
        QuantisedWeights quantised = QuantisedWeights.Of(file.Model);
        if (quantised.Share == 0) return;
        string what = string.Create(CultureInfo.InvariantCulture, $"{quantised.Share * 100:F0} % of the weights, in {string.Join(", ", quantised.Operators)}");
        if (quantised.Share >= 0.5) throw new PruneDiagnosticException(PruneDiagnostics.Quantised.At(spec.File, place, spec.Model.Written, what));
        diagnostics.Add(PruneDiagnostics.PartlyQuantised.At(spec.File, place, spec.Model.Written, what));
    }

    /// <summary>That each tensor of a run with one sample fits into half of the memory.</summary>
    /// <exception cref="PruneDiagnosticException">One does not.</exception>
    public static void RequireMemory(PruneSpec spec, ModelFile file, Sample sample)
    {
        ShapeBinding binding = ShapeBinding.Exact(file.Model.Graph.Inputs.Zip(sample.Inputs).ToDictionary(pair => pair.First.Name, pair => pair.Second.Shape, StringComparer.Ordinal));
        InferredShapes shapes = ShapeInference.Run(file.Model, binding);
        double available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        foreach (Node node in file.Model.Graph.Nodes)
        {
            foreach (Value output in node.Outputs)
            {
                if (shapes.ShapeOf(output) is not { } shape) continue;
                double bytes = shape.Aggregate((double)(TensorData.SizeOf(shapes.TypeOf(output)) ?? 4), (size, axis) => size * axis);
                if (bytes > available / 2)
                    throw new PruneDiagnosticException(PruneDiagnostics.TooMuchMemory.At(spec.File, spec.PlaceNear("model"), spec.Model.Written, node.OpType, output.Name, Size(bytes), Size(available)));
            }
        }

        static string Size(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):F1} GiB");
    }
}
