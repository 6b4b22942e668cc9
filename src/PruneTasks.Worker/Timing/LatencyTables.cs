using System.Globalization;
using System.Security.Cryptography;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Timing;

/// <summary>
/// Measures what narrower sites save in time: whole models in which all sites of one shape are narrowed alike, so that the difference is large
/// against the noise and everything around the layer (softmax, transposes, packing) is in it. What one site saves is its part of that.
/// </summary>
internal static class LatencyTables
{
    /// <summary>Shares of the units that are timed; the narrowest width comes on top.</summary>
    private static readonly double[] Levels = [0.75, 0.5, 0.25];

    /// <summary>The table of a model, from the cache or measured now.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="model">The model before any unit goes, with its sites.</param>
    /// <param name="oneSample">Sizes of one sample.</param>
    /// <param name="setup">Costs and widths.</param>
    /// <param name="runtime">Version of ONNX Runtime.</param>
    /// <param name="timer">Measures.</param>
    /// <param name="cache">Keeps.</param>
    public static MeasuredLatency Of(OnnxModel dense, PreparedModel model, ShapeBinding oneSample, PlanSetup setup, string runtime, IModelTimer timer, LatencyCache cache)
    {
        ModelImage before = ModelImage.Of(dense), start = ModelImage.Of(model.Model);
        (int[] Sites, int[] Widths)[] shapes =
        [
            .. Enumerable.Range(0, setup.Sites.Count)
                .GroupBy(i => (setup.Sites[i].Site.Kind, setup.Sites[i].Site.Units, setup.Sites[i].Cost))
                .Select(group => (group.ToArray(), Widths(setup.Options, setup.Sites[group.First()].Site))),
        ];
        string key = LatencyCache.Key(
            Hash(before.Bytes), Hash(start.Bytes), runtime, Processor.Name,
            string.Join(';', shapes.Select(s => $"{string.Join(',', s.Sites)}:{string.Join(',', s.Widths)}")),
            string.Join(';', model.Model.Graph.Inputs.Select(input => string.Join('x', model.OneSample.ShapeOf(input) ?? []))));
        TimedShapes? table = cache.Find(key);
        bool found = table is not null;
        string? lost = null;
        if (table is null)
        {
            table = Measure(before, start, oneSample, shapes, timer);
            lost = cache.Keep(key, table);
            // What is read back next time is rounded; it is to be the same table now.
            table = TimedShapes.Parse(table.ToJson());
        }
        Dictionary<PruneSite, IReadOnlyList<double>> saved = new((IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance);
        foreach (TimedShape shape in table.Shapes)
            foreach (int i in shape.Sites) saved[setup.Sites[i].Site] = LatencyTable.Curve(setup.Sites[i].Site.Units, shape.Points);
        return new MeasuredLatency(new LatencyTable(table.Start, saved), table.Processor, found, table.Shapes.Count)
        {
            Note = lost is null ? null : string.Create(CultureInfo.InvariantCulture, $"the table of times could not be kept, so that another run may plan otherwise: {lost}"),
        };
    }

    private static TimedShapes Measure(ModelImage before, ModelImage start, ShapeBinding oneSample, (int[] Sites, int[] Widths)[] shapes, IModelTimer timer)
    {
        List<TimedShape> timed = [];
        List<double> starts = [];
        foreach ((int[] sites, int[] widths) in shapes)
        {
            using TensorStore? scratch = start.Store?.Child();
            IReadOnlyList<double> shares = timer.Measure([before, start, .. widths.Select(width => Narrow(start, scratch, oneSample, sites, width))]);
            starts.Add(shares[1]);
            timed.Add(new TimedShape(sites, [.. widths.Select((width, i) => (width, Math.Max(0, shares[1] - shares[i + 2]) / sites.Length))]));
        }
        return new TimedShapes(Processor.Name, starts.Order().ElementAt(starts.Count / 2), timed);
    }

    /// <summary>The model with some sites narrowed to their first units; the weights mean nothing, only their sizes count.</summary>
    private static ModelImage Narrow(ModelImage start, TensorStore? scratch, ShapeBinding oneSample, int[] sites, int width)
    {
        PreparedModel copy = PreparedModel.From(start.Load(scratch), oneSample);
        PhysicalRemoval.Apply(copy.Model, [.. sites.Select(i => new SiteRemoval(copy.Inventory.Sites[i], [.. Enumerable.Range(0, width)]))], copy.Invariants);
        return ModelImage.Of(copy.Model);
    }

    private static int[] Widths(PlanOptions options, PruneSite site)
    {
        IReadOnlyList<int> all = options.Widths(site);
        return [.. Levels.Select(level => WidthGrid.Floor(all, level * site.Units)).Append(all[0]).Where(width => width < site.Units).Distinct().OrderDescending()];
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}
