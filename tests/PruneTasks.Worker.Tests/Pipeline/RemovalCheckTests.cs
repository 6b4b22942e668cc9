using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Tests.Pipeline;

public class RemovalCheckTests
{
    private const int Width = 8;

    [Fact]
    public void A_model_that_is_understood_keeps_all_its_places()
    {
        PreparedModel model = Prepare(_ => "Relu");
        Assert.Equal(3, model.Inventory.Sites.Count);
        Assert.Empty(RemovalCheck.Run(model, Samples(), 42, 1, Find));
    }

    // Softmax divides by all neurons, also by those that nothing reads: the finder would have to refuse them.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Only_the_place_whose_removal_is_wrong_is_given_back(int wrong)
    {
        PreparedModel model = Prepare(layer => layer == wrong ? "Softmax" : "Relu");
        InexactSite found = Assert.Single(RemovalCheck.Run(model, Samples(), 42, 1, Find));
        Assert.Same(model.Inventory.Sites[wrong], found.Site);
        Assert.Contains("differs by", found.Why, StringComparison.Ordinal);

        PreparedModel left = model.Without([found], RefusalReason.RemovalNotExact, "");
        Assert.Equal(2, left.Inventory.Sites.Count);
        Refusal refusal = Assert.Single(left.Inventory.Refusals, r => r.Reason == RefusalReason.RemovalNotExact);
        Assert.Equal(found.Site.Name, refusal.Where);
    }

    [Fact]
    public void Several_wrong_places_are_all_found()
    {
        PreparedModel model = Prepare(layer => layer == 1 ? "Relu" : "Softmax");
        Assert.Equal([model.Inventory.Sites[0], model.Inventory.Sites[2]], RemovalCheck.Run(model, Samples(), 42, 1, Find).Select(w => w.Site));
    }

    [Fact]
    public void A_removal_that_breaks_the_file_is_given_back_with_the_reason()
    {
        PreparedModel model = Prepare(_ => "Relu");
        // The bias keeps its entries: the sum no longer fits.
        InexactSite found = Assert.Single(RemovalCheck.Run(model, Samples(), 42, 1, copy =>
        {
            UnitInventory inventory = Find(copy);
            FfnSite site = (FfnSite)inventory.Sites[1];
            LinearView producer = site.Producers[0];
            FfnSite changed = site with { Producers = [], Constants = [new ConstantOperand(producer.Node, producer.WeightInput, producer.OutAxis)] };
            return inventory with { Sites = [inventory.Sites[0], changed, inventory.Sites[2]] };
        }));
        Assert.Same(model.Inventory.Sites[1], found.Site);
        Assert.NotEmpty(found.Why);
    }

    [Fact]
    public void Open_axes_are_also_given_another_length()
    {
        Axis[] shape = [new(null, "batch"), new(null, "tokens")];
        CalibrationSet set = new(
            [new ModelInput("ids", ElementType.Int64, shape), new ModelInput("mask", ElementType.Int64, shape)],
            [new Sample("0", [TensorData.Of([1, 6], 1L, 2, 3, 4, 5, 6), TensorData.Of([1, 6], 1L, 1, 1, 1, 1, 1)], null)]);
        IReadOnlyList<TensorData> shorter = CheckInputs.Of(set).Last();
        Assert.Equal([1, 4], shorter[0].Shape);
        Assert.Equal([1L, 2, 3, 4], shorter[0].ToInt64s());
        Assert.Equal([1, 4], shorter[1].Shape);
    }

    /// <summary>Takes every hidden layer for one whose neurons can go, whatever follows it.</summary>
    private static UnitInventory Find(OnnxModel model)
    {
        LinearView[] layers = [.. model.Graph.Nodes.Select(LinearView.TryGet).OfType<LinearView>()];
        int[] units = [.. Enumerable.Range(0, Width)];
        return new UnitInventory(
            [
                .. layers.Zip(layers.Skip(1), (producer, consumer) => new FfnSite(
                    consumer.Output.Name, Width, [new AffectedAxis(producer.Output, 1, units), new AffectedAxis(consumer.Input, 1, units)], producer.Node, [producer], [consumer], [])),
            ],
            []);
    }

    private static PreparedModel Prepare(Func<int, string> between)
    {
        PreparedModel model = PreparedModel.From(Network(between), ShapeBinding.Default());
        return model with { Inventory = Find(model.Model) };
    }

    /// <summary>Four layers of <see cref="Width"/> neurons with a bias, and an operator between them.</summary>
    private static OnnxModel Network(Func<int, string> between)
    {
        Random random = new(7);
        var graph = new Graph("net");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(Width, null)]);
        for (int layer = 0; layer < 4; layer++)
        {
            x = graph.AddNode("Gemm", [x, graph.AddInitializer($"w{layer}", TensorData.Of([Width, Width], Draw(Width * Width))), graph.AddInitializer($"b{layer}", TensorData.Of([Width], Draw(Width)))], $"layer{layer}").Outputs[0];
            if (layer < 3) x = graph.AddNode(between(layer), [x], $"between{layer}").Outputs[0];
        }
        graph.AddOutput(x, ElementType.Float32, [new(null, "batch"), new(Width, null)]);
        return OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests")));

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    private static CalibrationSet Samples()
    {
        Random random = new(3);
        return new CalibrationSet(
            [new ModelInput("x", ElementType.Float32, [new(null, "batch"), new(Width, null)])],
            [.. Enumerable.Range(0, 5).Select(i => new Sample($"{i}", [TensorData.Of([1, Width], [.. Enumerable.Range(0, Width).Select(_ => (float)random.NextDouble())])], null))]);
    }
}
