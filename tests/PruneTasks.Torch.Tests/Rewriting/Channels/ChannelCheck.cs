using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Rewriting.Channels;

/// <summary>Holds every removal against the gated original in ONNX Runtime, and its cost against the planned one.</summary>
internal static class ChannelCheck
{
    /// <summary>The model as the worker prepares it, with its sites.</summary>
    public static (OnnxModel Model, UnitInventory Inventory) Prepare(byte[] bytes)
    {
        OnnxModel model = OnnxReader.Load(bytes);
        SitePreparation.Prepare(model);
        UnitInventory others = UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default()));
        return (model, others.Sites.Any(s => s is ChannelSite) ? others : Merge(others, ChannelFinder.Find(model, others.Sites)));
    }

    private static UnitInventory Merge(UnitInventory others, UnitInventory channels) => new([.. others.Sites, .. channels.Sites], [.. others.Refusals, .. channels.Refusals]);

    /// <summary>Every channel site alone and all together, at several widths.</summary>
    /// <returns>Units of the sites, in their order.</returns>
    public static int[] Run(OnnxModel model, IReadOnlyDictionary<string, TensorData>? inputs = null, double tolerance = 1e-4, double[]? shares = null)
    {
        byte[] bytes = OnnxWriter.ToBytes(model);
        inputs ??= Inputs(model);
        UnitInventory inventory = Prepare(bytes).Inventory;
        PruneSite[] sites = [.. inventory.Sites.Where(IsGated)];
        int[] each = [.. Enumerable.Range(0, sites.Length)];
        Random random = new(3);
        foreach (int[] chosen in each.Select(i => (int[])[i]).Append(each).Where(c => c.Length > 0))
        {
            foreach (double share in shares ?? [0, 0.4, 0.75])
            {
                Dictionary<int, int[]> kept = chosen.ToDictionary(i => i, i => Kept(sites[i].Units, share, random));
                Compare(bytes, inputs, kept, tolerance);
            }
        }
        return [.. sites.OfType<ChannelSite>().Select(s => s.Units)];
    }

    // Ranks of attention are rotated before they are cut: nothing is gone in effect by zeros alone.
    private static bool IsGated(PruneSite site) => site is ChannelSite or FfnSite;

    private static void Close(Graph graph, PruneSite site, int[] kept) => UnitGate.Apply(graph, [new SiteRemoval(site, [.. kept.Order()])]);

    /// <summary>Random inputs for every input of the model; open axes are 2.</summary>
    public static Dictionary<string, TensorData> Inputs(OnnxModel model)
    {
        Random random = new(7);
        return model.Graph.Inputs.ToDictionary(i => i.Name, i =>
        {
            long[] shape = [.. i.DeclaredShape!.Select(a => a.Size ?? 2)];
            int count = (int)shape.Aggregate(1L, (a, b) => a * b);
            return i.Type == ElementType.Int64
                ? TensorData.Of(shape, [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(4))])
                : TensorData.FromFloats(i.Type, shape, [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))]);
        });
    }

    private static int[] Kept(int units, double share, Random random)
    {
        int[] all = [.. Enumerable.Range(0, units)];
        random.Shuffle(all);
        return [.. all.Take(Math.Max(1, (int)Math.Round(units * share))).Order()];
    }

    private static void Compare(byte[] bytes, IReadOnlyDictionary<string, TensorData> inputs, Dictionary<int, int[]> kept, double tolerance)
    {
        (OnnxModel gated, UnitInventory there) = Prepare(bytes);
        PruneSite[] gates = [.. there.Sites.Where(IsGated)];
        foreach ((int i, int[] stay) in kept) Close(gated.Graph, gates[i], stay);
        IReadOnlyList<float[]> wanted = OrtRun.All(gated, inputs);

        (OnnxModel removed, UnitInventory here) = Prepare(bytes);
        PruneSite[] sites = [.. here.Sites.Where(IsGated)];
        InferredShapes one = ShapeInference.Run(removed, ShapeBinding.Default(1));
        Cost planned = new PrunePlan([.. here.Sites.Select(s => new SitePlan(s, SiteCosts.Of(s, one), kept.TryGetValue(Array.IndexOf(sites, s), out int[]? k) ? k.Length : s.Units))], CostModel.Of(removed, one).Total)
        {
            Shared = SharedLayers.Of(here.Sites, one),
        }.Pruned;
        PhysicalRemoval.Apply(removed, [.. kept.Select(k => new SiteRemoval(sites[k.Key], k.Value))], ShapeInvariants.Find(removed));
        OnnxModel read = OnnxReader.Load(OnnxWriter.ToBytes(removed));
        Assert.Equal(CostModel.OfOneSample(read).Total, planned);
        IReadOnlyList<float[]> got = OrtRun.All(read, inputs);
        string what = string.Join(", ", kept.Select(k => $"{sites[k.Key].Name} {k.Value.Length}/{sites[k.Key].Units}"));
        for (int i = 0; i < wanted.Count; i++)
        {
            Assert.True(wanted[i].Any(v => v != 0), $"{what}: output {i} is zero");
            double difference = OrtRun.Difference(wanted[i], got[i]);
            Assert.True(difference <= tolerance, $"{what}: output {i} differs by {difference:g3}");
        }
    }
}
