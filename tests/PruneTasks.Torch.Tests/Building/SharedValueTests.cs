using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Probing;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Values that several query heads mix (grouped-query attention), and values beside rotated or normalised queries and keys.</summary>
public sealed class SharedValueTests
{
    private const int Samples = 16;

    [Theory]
    [InlineData(DoubtfulAttention.GroupedRotary, 2, new[] { 0, 0, 1, 1 })]
    [InlineData(DoubtfulAttention.TiledHeads, 2, new[] { 0, 0, 1, 1 })]
    [InlineData(DoubtfulAttention.GatheredHeads, 2, new[] { 0, 0, 1, 1 })]
    [InlineData(DoubtfulAttention.BroadcastHeads, 2, new[] { 0, 0, 1, 1 })]
    [InlineData(DoubtfulAttention.MultiQuery, 1, new[] { 0, 0, 0 })]
    [InlineData(DoubtfulAttention.ExpandedHeads, 1, new[] { 0, 0, 0 })]
    [InlineData(DoubtfulAttention.Rotary, 3, new[] { 0, 1, 2 })]
    public void Each_query_head_knows_the_values_it_mixes(DoubtfulAttention doubt, int valueHeads, int[] shared)
    {
        AttentionLayer attention = Sites(doubt)[0].Attention;
        Assert.Null(attention.Query);
        Assert.Equal(valueHeads, attention.Value.Columns.Count);
        Assert.Equal(shared, attention.Output!.ValueHeads);
        int size = attention.Value.Columns[0].Count;
        // The layer after the heads reads query heads in their order; Tile pairs them otherwise than Expand does.
        int[] order = doubt == DoubtfulAttention.TiledHeads ? [0, 2, 1, 3] : [.. Enumerable.Range(0, shared.Length)];
        Assert.Equal(order.SelectMany(h => Enumerable.Range(h * size, size)), attention.Output.Rows.SelectMany(h => h));
    }

    [Theory]
    [InlineData(DoubtfulAttention.GroupedRotary)]
    [InlineData(DoubtfulAttention.TiledHeads)]
    [InlineData(DoubtfulAttention.MultiQuery)]
    public void A_turn_to_new_directions_that_keeps_all_of_them_changes_nothing(DoubtfulAttention doubt)
    {
        using var off = no_grad();
        PruningRun run = new(Create(doubt));
        using LoweredGraph graph = LoweredGraph.Create(run.Model), turned = graph.Fork();
        using CalibrationBatches batches = CalibrationBatches.Create(run.Model.Graph, [PruningRun.Inputs(run.Model, 1, Samples)], Samples);
        IReadOnlyDictionary<Value, Tensor> inputs = batches.Batches[0];
        foreach (ValueOutputSite site in run.Inventory.Sites.OfType<ValueOutputSite>())
        {
            using SiteCompression compression = SiteAccess.Compression(site, null, new BuildSettings().ContextFor(Samples));
            compression.Add([.. graph.Run(inputs, compression.Inputs)], [], 1);
            double[] errors = compression.Errors(graph);
            Assert.Equal(site.Units + 1, errors.Length);
            Assert.Equal(0, errors[site.Units]);
            Assert.All(errors.Zip(errors.Skip(1)), pair => Assert.True(pair.First > pair.Second));
            compression.Apply(turned, site.Units);
        }
        Assert.NotEmpty(turned.ChangedFrom(graph));
        Value output = run.Model.Graph.Outputs[0];
        Tensor before = graph.Run(inputs, [output])[0], after = turned.Run(inputs, [output])[0];
        Assert.InRange((before - after).abs().max().item<float>(), 0, 1e-4f * Math.Max(1, before.abs().max().item<float>()));
    }

    [Fact]
    public void A_whole_layer_is_not_offered_because_its_queries_and_keys_would_not_be_counted()
    {
        PruningRun run = new(Create(DoubtfulAttention.GroupedRotary));
        Assert.All(
            run.Inventory.Sites.OfType<ValueOutputSite>(),
            site => Assert.Contains("queries and keys", WholeModules.Refuse(site, ShapeInference.Run(run.Model, ShapeBinding.Default())), StringComparison.Ordinal));
    }

    [Fact]
    public void Probes_switch_off_one_query_head_at_a_time()
    {
        PruningRun run = new(Create(DoubtfulAttention.GroupedRotary));
        using LoweredGraph graph = LoweredGraph.Create(run.Model);
        using CalibrationBatches batches = CalibrationBatches.Create(run.Model.Graph, [PruningRun.Inputs(run.Model, 1, Samples)], Samples);
        IReadOnlyList<ProbeGroup> groups = ProbeGroups.Units(run.Model, graph, [.. run.Inventory.Sites.OfType<ValueOutputSite>()], batches, 1, CancellationToken.None);
        Assert.Equal(2 * TransformerGraph.SharingHeads, groups.Count);
        foreach (ProbeGroup group in groups) group.Dispose();
    }

    private static OnnxModel Create(DoubtfulAttention doubt) => TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt);

    private static ValueOutputSite[] Sites(DoubtfulAttention doubt) => [.. new PruningRun(Create(doubt)).Inventory.Sites.OfType<ValueOutputSite>()];
}
