using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>One model on its way from exact rewrites to the removed graph, with random inputs for whatever inputs it has.</summary>
internal sealed class PruningRun
{
    private const int Samples = 16;

    public PruningRun(OnnxModel model)
    {
        Model = model;
        SitePreparation.Prepare(model);
        SitePreparation.GiveBiases(model.Graph, UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default())));
        Inventory = UnitFinder.Find(model, Shapes);
    }

    public OnnxModel Model { get; }

    public UnitInventory Inventory { get; private init; }

    /// <summary>The same model, of which whole key and value groups alone may go.</summary>
    public PruningRun WithGroups() => new(Model) { Inventory = KeyGroupFinder.Find(Model, Inventory.Sites) };

    private InferredShapes Shapes => ShapeInference.Run(Model, ShapeBinding.Default());

    /// <summary>Prunes, and compares masked with removed (and removed with ONNX Runtime): the largest difference, relative to the largest output or 1.</summary>
    public (double Removed, double Runtime, long PlannedMacs, long Macs) Prune(Dictionary<UnitKind, double> ratios)
    {
        InferredShapes one = ShapeInference.Run(Model, OneSample(Model));
        ModelCost cost = CostModel.Of(Model, one);
        return Prune(UniformPlanner.ByRatios(
            [.. Inventory.Sites.Select(s => (s, SiteCosts.Of(s, one)))], new Cost(cost.Total.Macs, cost.Total.Parameters, 0), ratios, SharedLayers.Of(Inventory.Sites, one)));
    }

    /// <summary>As above, with a width for every site.</summary>
    public (double Removed, double Runtime, long PlannedMacs, long Macs) PruneTo(Func<PruneSite, int> keep)
    {
        InferredShapes one = ShapeInference.Run(Model, OneSample(Model));
        ModelCost cost = CostModel.Of(Model, one);
        return Prune(new PrunePlan([.. Inventory.Sites.Select(s => new SitePlan(s, SiteCosts.Of(s, one), keep(s)))], new Cost(cost.Total.Macs, cost.Total.Parameters, 0)));
    }

    private (double Removed, double Runtime, long PlannedMacs, long Macs) Prune(PrunePlan plan)
    {
        BuildResult build;
        using (LoweredGraph graph = LoweredGraph.Create(Model))
        using (CalibrationBatches batches = CalibrationBatches.Create(Model.Graph, [Inputs(Model, 1, Samples), Inputs(Model, 2, Samples)], 2 * Samples))
        {
            Assert.Empty(graph.Refusals);
            build = new SequentialBuilder(Model, graph, Shapes, new BuildSettings()).Build(plan, batches, TestContext.Current.CancellationToken);
        }
        foreach ((Value weight, TensorData data) in build.Weights) Model.Graph.SetInitializer(weight, data);
        IReadOnlyList<TensorData> inputs = Inputs(Model, 3, Samples);
        float[] masked = Run(Model, inputs);
        PhysicalRemoval.Apply(Model, [.. build.Sites.Select(s => s.Removal)], ShapeInvariants.Find(Model));
        byte[] file = OnnxWriter.ToBytes(Model);
        OnnxModel reread = OnnxReader.Load(file);
        float[] removed = Run(reread, inputs), runtime = RunInRuntime(file, reread, inputs);
        ModelCost pruned = CostModel.Of(reread, ShapeInference.Run(reread, OneSample(reread)));
        return (Difference(masked, removed), Difference(removed, runtime), plan.Pruned.Macs, pruned.Total.Macs);
    }

    /// <summary>The first output, as torch computes it.</summary>
    public static float[] Run(OnnxModel model, IReadOnlyList<TensorData> inputs)
    {
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using LoweredGraph graph = LoweredGraph.Create(model);
        Assert.Empty(graph.Refusals);
        return graph.Run(model.Graph.Inputs.Zip(inputs).ToDictionary(p => p.First, p => TorchTypes.ToTensor(p.Second)), [model.Graph.Outputs[0]])[0].contiguous().data<float>().ToArray();
    }

    /// <summary>Random inputs: normal numbers; masks of ones with zeros from a position on.</summary>
    public static IReadOnlyList<TensorData> Inputs(OnnxModel model, int seed, int samples)
    {
        Random random = new(seed);
        return [.. model.Graph.Inputs.Select(input =>
        {
            long[] shape = [.. input.DeclaredShape!.Select(a => a.Size ?? (a.Symbol == "n" ? samples : TransformerGraph.Tokens))];
            long count = shape.Aggregate((a, b) => a * b);
            return input.Type == ElementType.Int64
                ? TensorData.Of(shape, [.. Enumerable.Range(0, (int)count).Select(i => i % TransformerGraph.Tokens < 3 ? 1L : i / TransformerGraph.Tokens % 2)])
                : TensorData.Of(shape, [.. Enumerable.Range(0, (int)count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))]);
        })];
    }

    /// <summary>Sizes of the inputs of one sample.</summary>
    public static ShapeBinding OneSample(OnnxModel model) =>
        ShapeBinding.Exact(model.Graph.Inputs.Zip(Inputs(model, 0, 1)).ToDictionary(p => p.First.Name, p => p.Second.Shape));

    /// <summary>The first output, as ONNX Runtime computes it.</summary>
    public static float[] RunInRuntime(byte[] file, OnnxModel model, IReadOnlyList<TensorData> inputs)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1 };
        using InferenceSession session = new(file, options);
        using var results = session.Run([.. model.Graph.Inputs.Zip(inputs).Select(p =>
        {
            int[] shape = [.. p.Second.Shape.Select(d => (int)d)];
            return p.Second.Type == ElementType.Int64
                ? NamedOnnxValue.CreateFromTensor(p.First.Name, new DenseTensor<long>(p.Second.ToInt64s(), shape))
                : NamedOnnxValue.CreateFromTensor(p.First.Name, new DenseTensor<float>(p.Second.ToFloats(), shape));
        })]);
        return [.. results[0].AsEnumerable<float>()];
    }

    /// <summary>The largest difference, relative to the largest number or 1.</summary>
    public static double Difference(float[] a, float[] b)
    {
        Assert.Equal(a.Length, b.Length);
        Assert.All(a, x => Assert.True(float.IsFinite(x)));
        return a.Zip(b).Max(p => Math.Abs(p.First - p.Second)) / Math.Max(1, a.Max(Math.Abs));
    }
}
