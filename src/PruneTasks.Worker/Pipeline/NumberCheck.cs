using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Worker.Pipeline;

/// <summary>
/// Looks for numbers that are not finite, or far too large, before anything is measured: nothing can be fitted to them, and what an answer loses cannot be told if it is
/// no number. A weight may hold them, or a layer may give them on some data.
/// </summary>
internal sealed class NumberCheck
{
    // What only a few samples bring about is found by the closed forms, and is an error there.
    private const int Samples = 64;

    private readonly IReadOnlyDictionary<Value, double> _strange;

    private NumberCheck(IReadOnlyDictionary<Value, double> strange) => _strange = strange;

    /// <summary>Runs some of the samples.</summary>
    /// <param name="job">The job.</param>
    /// <param name="model">The model.</param>
    /// <param name="warnings">Gets one for each place that stays dense.</param>
    /// <returns>The model without places where a value that is cut, or one that is computed of it, is not finite or far too large.</returns>
    /// <exception cref="PruneDiagnosticException">The answers that are watched are not finite.</exception>
    public static PreparedModel Run(PruneJob job, PreparedModel model, List<PruneDiagnostic> warnings)
    {
        WorkerNatives.UseTorch(job.LibTorch, job.Threads, job.Log);
        using LoweredGraph graph = LoweredGraph.Create(model.Model);
        // Told where the network is made.
        if (graph.Refusals.Count > 0) return model;
        int size = Math.Min(CalibrationMemory.BatchSize(model.Memory), Samples);
        using CalibrationBatches some = CalibrationBatches.Create(graph.Graph, job.Calibration.WeightedBatches(size).Take((Samples + size - 1) / size));
        NumberCheck check = new(LargeNumbers.Among(graph, some));
        check.Require(WatchedOutputs.Of(graph, SitePricing.Answers(job.Spec.Task), some));
        IReadOnlyList<InexactSite> wrong = check.Places(model.Inventory.Sites);
        warnings.AddRange(wrong.Select(w => PruneDiagnostics.NotFinite.At(job.Spec.File, job.Spec.PlaceNear("model"), w.Site.Kind.ToSpecName(), w.Site.Name, w.Why)));
        return wrong.Count == 0 ? model : model.Without(wrong, RefusalReason.NotFinite, "");
    }

    private InexactSite[] Places(IReadOnlyList<PruneSite> sites) =>
    [
        .. sites.Select(site => (Site: site, Value: Around(site).FirstOrDefault(_strange.ContainsKey)))
            .Where(found => found.Value is not null)
            .Select(found => new InexactSite(found.Site, $"'{found.Value!.Name}' holds numbers on the calibration data that are {Words(_strange[found.Value])}")),
    ];

    private void Require(WatchedOutputs watched)
    {
        if (watched.Values.FirstOrDefault(value => _strange.TryGetValue(value, out double most) && double.IsNaN(most)) is { } output)
            throw new PruneDiagnosticException(PruneDiagnostics.NotComputable.In(null, $"its output '{output.Name}' holds numbers on the calibration data that are not finite, so that nothing tells what it may lose"));
    }

    private static string Words(double most) => double.IsNaN(most) ? "not finite" : FormattableString.Invariant($"as large as {most:g2}");

    private static IEnumerable<Value> Around(PruneSite site) =>
        site.Affected.SelectMany(affected => affected.Value.Uses.SelectMany(use => use.Node.Outputs).Prepend(affected.Value));
}
