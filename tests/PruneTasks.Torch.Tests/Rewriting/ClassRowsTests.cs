using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Worker.Data;

namespace PruneTasks.Torch.Tests.Rewriting;

public sealed class ClassRowsTests
{
    private const int Of = 5;

    public static TheoryData<Form, ScoreKind> Cases => [.. Enum.GetValues<Form>().SelectMany(f => Enum.GetValues<ScoreKind>().Select(k => new TheoryDataRow<Form, ScoreKind>(f, k)))];

    private static readonly int[] Classes = [4, 0, 2];

    public enum Form
    {
        MatMul,
        MatMulBias,
        GemmTransposed,
        Temperature,
        Convolution,
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Other_classes_go_from_the_last_layer(Form form, ScoreKind kind)
    {
        OnnxModel model = Model(form, kind), reference = Model(form, kind);
        ClassScores scores = new(0, 1, Of, kind, Classes);
        long before = Parameters(model);
        Assert.Null(ClassRows.Cut(model, scores));
        ClassRows.Select(reference, scores);
        Assert.Equal(before * Classes.Length / Of, Parameters(model), before * 0.1);
        Assert.DoesNotContain(model.Graph.Nodes, n => n.OpType == "Gather");
        Assert.Equal(Classes.Length, model.Graph.Outputs[0].DeclaredShape![1].Size);
        float[] got = Run(model);
        Assert.True(OrtRun.Difference(Run(reference), got) <= 1e-6);
        // And the plain meaning: the answers of the dense model, renormalised.
        float[] dense = Run(Model(form, ScoreKind.Logits));
        for (int row = 0; row < dense.Length / Of; row++)
        {
            float[] picked = [.. Classes.Select(c => dense[(row * Of) + c])];
            double sum = picked.Sum(x => Math.Exp(x));
            for (int c = 0; c < picked.Length; c++)
            {
                double wanted = kind switch { ScoreKind.Logits => picked[c], ScoreKind.Probabilities => Math.Exp(picked[c]) / sum, _ => picked[c] - Math.Log(sum) };
                Assert.Equal(wanted, got[(row * Classes.Length) + c], 1e-5);
            }
        }
        // The written file has the new shape.
        Assert.Equal(3, OnnxReader.Load(OnnxWriter.ToBytes(model)).Graph.Outputs[0].DeclaredShape![1].Size);
    }

    [Fact]
    public void Where_the_last_layer_cannot_shrink_the_scores_are_picked_behind_it()
    {
        OnnxModel model = Mixed(), reference = Mixed();
        ClassScores scores = new(0, 1, Of, ScoreKind.Logits, Classes);
        Assert.Contains("MatMul 'logits' stands between", ClassRows.Cut(model, scores), StringComparison.Ordinal);
        ClassRows.Select(reference, scores);
        Assert.Equal(Run(reference), Run(model));
        Assert.Equal(3, OnnxReader.Load(OnnxWriter.ToBytes(model)).Graph.Outputs[0].DeclaredShape![1].Size);

        // The last product has no constant weight.
        static OnnxModel Mixed()
        {
            Graph graph = new("mixed");
            Value x = graph.AddInput("x", ElementType.Float32, [new(2, null), new(4, null)]);
            Value w = graph.AddNode("MatMul", [graph.AddNode("Transpose", [x], "t").Outputs[0], graph.AddNode("MatMul", [x, graph.AddInitializer("w", Random(1, 4, Of))], "p").Outputs[0]], "q").Outputs[0];
            graph.AddOutput(graph.AddNode("MatMul", [x, w], "logits").Outputs[0], ElementType.Float32, [new(2, null), new(Of, null)]);
            return Load(graph);
        }
    }

    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17", 10, true)]
    [InlineData("vit-mnist-einsum-502k/vit_mnist_einsum_op13", 10, true)]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8", 10, true)]
    [InlineData("rten-mnist/mnist", 10, true)]
    public void Trained_model_gives_its_own_answer_among_the_classes(string name, int classes, bool cut)
    {
        string path = SharedFolder.Require(["models", .. (name + ".onnx").Split('/')]);
        using FileStream file = File.OpenRead(Path.ChangeExtension(path, ".ort1311_io.npz"));
        Dictionary<string, TensorData> inputs = NpzReader.Read(file).Where(a => a.Key.StartsWith("in__", StringComparison.Ordinal)).ToDictionary(a => a.Key[4..], a => a.Value);
        OnnxModel model = OnnxReader.Load(path);
        float[] dense = OrtRun.First(model, inputs);
        bool log = Enumerable.Range(0, dense.Length / classes).All(r => Math.Abs(dense.Skip(r * classes).Take(classes).Sum(x => Math.Exp(x)) - 1) < 1e-3);
        ClassScores scores = new(0, 1, classes, log ? ScoreKind.LogProbabilities : ScoreKind.Logits, [7, 1, 3]);
        OnnxModel reference = OnnxReader.Load(path);
        ClassRows.Select(reference, scores);
        string? stays = ClassRows.Cut(model, scores);
        Assert.True(cut == stays is null, stays);
        Assert.True(OrtRun.Difference(OrtRun.First(reference, inputs), OrtRun.First(model, inputs)) <= 1e-5);
    }

    private static OnnxModel Model(Form form, ScoreKind kind)
    {
        Graph graph = new("classes");
        Value x = graph.AddInput("x", ElementType.Float32, [new(2, null), new(4, null)]);
        Value y = form switch
        {
            Form.GemmTransposed => graph.AddNode(
                "Gemm", [x, graph.AddInitializer("w", Random(1, Of, 4)), graph.AddInitializer("b", Random(2, Of))], "y",
                attributes: new Dictionary<string, AttributeData> { ["transB"] = 1L }).Outputs[0],
            Form.Convolution => Flat(graph, graph.AddNode(
                "Conv", [Image(graph, x), graph.AddInitializer("w", Random(1, Of, 4, 1, 1)), graph.AddInitializer("b", Random(2, Of))], "y").Outputs[0]),
            _ => graph.AddNode("MatMul", [x, graph.AddInitializer("w", Random(1, 4, Of))], "y").Outputs[0],
        };
        if (form is Form.MatMulBias or Form.Temperature) y = graph.AddNode("Add", [y, graph.AddInitializer("b", Random(2, Of))], "sum").Outputs[0];
        if (form == Form.Temperature) y = graph.AddNode("Div", [y, graph.AddInitializer("t", TensorData.Of([], 1.5f))], "scaled").Outputs[0];
        if (kind != ScoreKind.Logits) y = graph.AddNode(kind == ScoreKind.Probabilities ? "Softmax" : "LogSoftmax", [y], "p").Outputs[0];
        graph.AddOutput(y, ElementType.Float32, [new(2, null), new(Of, null)]);
        return Load(graph);
    }

    private static Value Image(Graph graph, Value x) =>
        graph.AddNode("Reshape", [x, graph.AddInitializer("image", TensorData.Vector(2, 4, 1, 1))], "pixels").Outputs[0];

    private static Value Flat(Graph graph, Value y) =>
        graph.AddNode("Reshape", [graph.AddNode("GlobalAveragePool", [graph.AddNode("Relu", [y], "r").Outputs[0]], "g").Outputs[0], graph.AddInitializer("flat", TensorData.Vector(2, Of))], "f").Outputs[0];

    private static OnnxModel Load(Graph graph) => OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests")));

    private static float[] Run(OnnxModel model) => OrtRun.First(model, new Dictionary<string, TensorData> { ["x"] = Random(9, 2, 4) });

    private static long Parameters(OnnxModel model) => model.Graph.Initializers.Where(v => v.Type == ElementType.Float32).Sum(v => v.Constant!.Count);

    private static TensorData Random(int seed, params long[] shape)
    {
        Random random = new(seed);
        return TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 2) - 1))]);
    }
}
