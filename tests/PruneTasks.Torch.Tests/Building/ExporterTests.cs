using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>One transformer, written as many exporters write it: the same units are found, and removal computes what masking does.</summary>
public sealed class ExporterTests(ITestOutputHelper output)
{
    public static TheoryData<TransformerForm> Forms =>
    [
        .. Enum.GetValues<TransformerStyle>().Select(s => new TransformerForm(s)),
        .. Enum.GetValues<FeedForwardForm>().Select(f => new TransformerForm(TransformerStyle.Split, f, Opset: f == FeedForwardForm.GeluOperator ? 20 : 17)),
        .. Enum.GetValues<BlockForm>().Select(b => new TransformerForm(TransformerStyle.PackedGather, Block: b)),
        .. new long[] { 9, 11, 13, 18, 20 }.SelectMany(opset => new[]
        {
            new TransformerForm(TransformerStyle.PackedSplit, Opset: opset),
            new TransformerForm(TransformerStyle.PackedSplitSqueeze, FeedForwardForm.Tanh, Opset: opset),
            new TransformerForm(TransformerStyle.HuggingFaceMasked, FeedForwardForm.Quick, BlockForm.PostNorm, Opset: opset),
            new TransformerForm(TransformerStyle.ScaledDotProduct, Opset: opset),
            new TransformerForm(TransformerStyle.ShiftedWindows, FeedForwardForm.Gated, Opset: opset),
        }),
        new TransformerForm(TransformerStyle.Dynamo, FeedForwardForm.Rows, BlockForm.LayerScale, 18),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void All_units_are_found_whatever_the_style(TransformerForm form)
    {
        UnitInventory inventory = new PruningRun(TransformerGraph.Create(form)).Inventory;
        Assert.True(
            new[] { "QueryKey 4", "ValueOutput 4", "Ffn 16", "QueryKey 4", "ValueOutput 4", "Ffn 16" }.Order().SequenceEqual(inventory.Sites.Where(s => s is not ChannelSite).Select(s => $"{s.Kind} {s.Units}").Order()),
            $"{string.Join(", ", inventory.Sites.Select(s => $"{s.Kind} {s.Units}"))}; {string.Join("\n", inventory.Refusals)}");
        // What is left is the residual stream and the ends of the model.
        Assert.All(inventory.Refusals, r => Assert.True(r.Kind is UnitKind.Ffn or UnitKind.Channel, r.ToString()));
        Assert.All(inventory.Sites.OfType<QueryKeySite>(), s => Assert.Equal(TransformerGraph.Heads, s.Attention.Heads));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Removed_model_computes_what_the_masked_one_does(TransformerForm form) =>
        Check(form, 0.5, 0.5, 0.25);

    [Fact]
    public void Removal_is_exact_for_random_combinations_of_styles_and_ratios()
    {
        Random random = new(11);
        for (int i = 0; i < 40; i++)
        {
            TransformerStyle style = Pick(Enum.GetValues<TransformerStyle>());
            FeedForwardForm[] forms = [.. Enum.GetValues<FeedForwardForm>().Where(f => style != TransformerStyle.PackedSeqFirst || f is not (FeedForwardForm.Rows or FeedForwardForm.GemmScaled))];
            BlockForm[] blocks = [.. Enum.GetValues<BlockForm>().Where(b => style is not (TransformerStyle.PackedSeqFirst or TransformerStyle.CrossAttention) || b != BlockForm.BatchNorm)];
            FeedForwardForm form = Pick(forms);
            Check(new TransformerForm(style, form, Pick(blocks), form == FeedForwardForm.GeluOperator ? 20 : Pick<long>(style == TransformerStyle.Causal ? [17, 18, 20] : [13, 17, 18, 20])), Ratio(), Ratio(), Ratio());
        }

        T Pick<T>(T[] from) => from[random.Next(from.Length)];
        double Ratio() => Pick<double>([0, 0.25, 0.5, 0.75, 0.99]);
    }

    [Theory]
    [InlineData(BlockForm.PreNorm, FeedForwardForm.Erf)]
    [InlineData(BlockForm.StreamSecond, FeedForwardForm.Erf)]
    [InlineData(BlockForm.LayerScale, FeedForwardForm.Erf)]
    [InlineData(BlockForm.LayerScale, FeedForwardForm.Rows)]
    [InlineData(BlockForm.Parallel, FeedForwardForm.GemmScaled)]
    public void Refit_aims_at_the_residual_sum_and_keeps_the_output(BlockForm block, FeedForwardForm feedForward)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.PackedGather, feedForward, block)));
        InferredShapes shapes = ShapeInference.Run(run.Model, ShapeBinding.Default());
        Assert.All(run.Inventory.Sites.OfType<FfnSite>(), s => Assert.NotNull(ResidualSum.After(s.Consumers[0].Output, shapes)));
        IReadOnlyList<TensorData> inputs = PruningRun.Inputs(run.Model, 3, 16);
        float[] dense = PruningRun.Run(run.Model, inputs);
        run.Prune(new() { [UnitKind.Ffn] = 1.0 / 16 });
        double worst = dense.Zip(PruningRun.Run(run.Model, inputs)).Max(p => Math.Abs(p.First - p.Second)) / dense.Max(Math.Abs);
        output.WriteLine($"{worst:g2}");
        Assert.True(worst < 0.2, $"{worst:g3}");
    }

    private void Check(TransformerForm form, double ffn, double qk, double vo)
    {
        (double removed, double runtime, long planned, long macs) = new PruningRun(TransformerGraph.Create(form))
            .Prune(new() { [UnitKind.Ffn] = ffn, [UnitKind.QueryKey] = qk, [UnitKind.ValueOutput] = vo, [UnitKind.Channel] = ffn });
        output.WriteLine($"{form} {ffn} {qk} {vo}: {removed:g2} {runtime:g2}");
        Assert.True(removed < 1e-4, $"masked and removed differ by {removed:g3}: {form} {ffn} {qk} {vo}");
        Assert.True(runtime < 1e-4, $"ONNX Runtime differs by {runtime:g3}: {form} {ffn} {qk} {vo}");
        Assert.Equal(planned, macs);
    }
}
