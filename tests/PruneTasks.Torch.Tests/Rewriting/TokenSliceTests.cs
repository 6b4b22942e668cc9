using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Tests.Building;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Rewriting;

/// <summary>The token slice in every style of exporters: equal results, fewer multiply-accumulates, all units still there.</summary>
public sealed class TokenSliceTests
{
    private const long Tokens = TransformerGraph.Tokens, Width = TransformerGraph.Width, Hidden = TransformerGraph.Hidden;

    public static TheoryData<TransformerStyle> Styles => [.. Enum.GetValues<TransformerStyle>().Where(s => s <= TransformerStyle.EinsumDynamic)];

    [Theory]
    [MemberData(nameof(Styles))]
    public void Class_token_head_leaves_one_token_in_the_last_block(TransformerStyle style)
    {
        OnnxModel model = Prepared(style, [0]);
        using Tensor inputs = PruningTests.Inputs(style, 3);
        float[] dense = Run(model, inputs);
        TokenSliceResult result = Slice(model, style)!;
        TokenSelection selection = Assert.Single(result.Selections);
        Assert.Equal([0L], selection.Tokens);
        Assert.True(OrtRun.Difference(dense, Run(model, inputs)) <= 1e-5);
        // Queries, scores, context, output projection and feed-forward layer of all tokens but one.
        Assert.Equal((Tokens - 1) * ((2 * Width * Width) + (2 * Tokens * Width) + (2 * Width * Hidden)), result.MacsBefore - result.MacsAfter);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void Same_units_are_found_after_the_slice(TransformerStyle style)
    {
        OnnxModel model = Prepared(style, [0]);
        string[] before = Units(model);
        Assert.NotNull(Slice(model, style));
        Assert.Equal(before, Units(model));
        Assert.Equal(6, before.Length);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void Sliced_model_is_pruned_like_any_other(TransformerStyle style)
    {
        OnnxModel model = Prepared(style, [0]);
        Assert.NotNull(Slice(model, style));
        model = PruningTests.Prepared(model);
        (PrunePlan plan, BuildResult build) = PruningTests.Build(model, new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.25 });
        foreach ((Value weight, TensorData data) in build.Weights) model.Graph.SetInitializer(weight, data);
        using Tensor inputs = PruningTests.Inputs(style, 3);
        float[] masked = Run(model, inputs);
        PhysicalRemoval.Apply(model, [.. build.Sites.Select(s => s.Removal)], ShapeInvariants.Find(model));
        Assert.True(OrtRun.Difference(masked, Run(model, inputs)) <= 1e-4);
        Assert.Equal(plan.Pruned.Macs, CostModel.Of(model, ShapeInference.Run(model, PruningTests.OneSample(style))).Total.Macs);
    }

    [Theory]
    [InlineData(TransformerStyle.Split, new long[] { 0, 1 }, new long[] { 0, 1 })]
    [InlineData(TransformerStyle.PackedGather, new long[] { -1 }, new long[] { 4 })]
    [InlineData(TransformerStyle.PackedSeqFirst, new long[] { 3, 1 }, new long[] { 1, 3 })]
    [InlineData(TransformerStyle.EinsumDynamic, new long[] { 4, -5 }, new long[] { 0, 4 })]
    public void Any_few_tokens_will_do(TransformerStyle style, long[] read, long[] kept)
    {
        OnnxModel model = Prepared(style, read);
        using Tensor inputs = PruningTests.Inputs(style, 3);
        float[] dense = Run(model, inputs);
        Assert.Equal(kept, Slice(model, style)!.Selections.Single().Tokens);
        Assert.True(OrtRun.Difference(dense, Run(model, inputs)) <= 1e-5);
    }

    [Theory]
    [InlineData(TransformerStyle.Split, null)]
    [InlineData(TransformerStyle.PackedSeqFirst, null)]
    [InlineData(TransformerStyle.PackedGather, new long[] { 0, 1, 2 })]
    public void Head_that_reads_most_tokens_leaves_the_file_as_it_is(TransformerStyle style, long[]? tokens)
    {
        OnnxModel model = Prepared(style, tokens);
        byte[] before = OnnxWriter.ToBytes(model);
        Assert.Null(Slice(model, style));
        Assert.Equal(before, OnnxWriter.ToBytes(model));
    }

    [Fact]
    public void Blocks_before_the_last_keep_every_byte()
    {
        OnnxModel model = OnnxReader.Load(OnnxWriter.ToBytes(Prepared(TransformerStyle.PackedGather, [0])));
        Node[] first = [.. model.Graph.Nodes.TakeWhile(n => n.OpType != "Softmax")];
        string[] before = [.. first.Select(n => n.ToString())];
        Assert.NotNull(Slice(model, TransformerStyle.PackedGather));
        Assert.Equal(before, model.Graph.Nodes.Take(first.Length).Select(n => n.ToString()));
    }

    [Fact]
    public void Sliced_twice_is_sliced_once()
    {
        OnnxModel model = Prepared(TransformerStyle.Split, [0]);
        Assert.NotNull(Slice(model, TransformerStyle.Split));
        Assert.Null(Slice(model, TransformerStyle.Split));
    }

    private static string[] Units(OnnxModel model) => [.. PruningTests.Find(model).Sites.Select(s => $"{s.Kind} {s.Units}")];

    private static OnnxModel Prepared(TransformerStyle style, long[]? tokens)
    {
        OnnxModel model = TransformerGraph.Create(style, tokens: tokens);
        SitePreparation.MakeWeightsInitializers(model.Graph);
        return model;
    }

    private static TokenSliceResult? Slice(OnnxModel model, TransformerStyle style) => TokenSlice.Apply(model, ShapeInvariants.Find(model), PruningTests.OneSample(style));

    private static float[] Run(OnnxModel model, Tensor inputs) =>
        OrtRun.First(model, new Dictionary<string, TensorData> { ["x"] = TensorData.Of(inputs.shape, inputs.data<float>().ToArray()) });
}
