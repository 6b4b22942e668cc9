using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Inputs that do not fit must end in an error that names the node. Some native entry points of TorchSharp end the process instead.</summary>
public sealed class MismatchTests
{
    public static TheoryData<string, long[][], string> Cases => new()
    {
        { "MatMul", [[2, 3], [4, 5]], "" },
        { "MatMul", [[2, 2, 3], [3, 3, 5]], "" },
        { "MatMul", [[3], [4]], "" },
        { "MatMul", [[], [4]], "" },
        { "Gemm", [[2, 3], [4, 5]], "" },
        { "Gemm", [[2, 3], [3, 5], [4]], "" },
        { "Gemm", [[2, 2, 3], [3, 5]], "" },
        { "Einsum", [[2, 3], [4, 5]], "ij,jk->ik" },
        { "Einsum", [[2, 3], [3]], "ij,jk->ik" },
        { "Einsum", [[2, 3], [4, 5]], "...j,jk->...k" },
        { "Einsum", [[2, 3]], "ij->ik" },
        { "Conv", [[1, 3, 8, 8], [4, 5, 3, 3]], "" },
        { "Conv", [[1, 3, 2, 2], [4, 3, 3, 3]], "" },
        { "Conv", [[1, 3, 8], [4, 3, 3, 3]], "" },
        { "Conv", [[1, 3, 8, 8], [4, 3, 3, 3], [7]], "" },
        { "ConvTranspose", [[1, 3, 8, 8], [4, 5, 3, 3]], "" },
        { "LayerNormalization", [[2, 3], [4], [4]], "" },
        { "BatchNormalization", [[2, 3, 4], [5], [5], [5], [5]], "" },
        { "InstanceNormalization", [[2, 3, 4], [5], [5]], "" },
        { "Add", [[2, 3], [4]], "" },
        { "Where", [[2, 3], [4], [4]], "" },
        { "Max", [[2, 3], [4]], "" },
        { "Mod", [[2, 3], [4]], "" },
        { "PRelu", [[2, 3], [4]], "" },
        { "Concat", [[2, 3], [3, 4]], "axis=0" },
        { "Softmax", [[2, 3]], "axis=7" },
        { "Transpose", [[2, 3]], "perm=0,0" },
        { "Transpose", [[2, 3]], "perm=0,1,2" },
        { "Flatten", [[2, 3]], "axis=9" },
        { "ReduceSum", [[2, 3]], "axes=5" },
        { "ReduceMax", [[2, 3]], "axes=1,1" },
        { "ArgMax", [[2, 3]], "axis=4" },
        { "Squeeze", [[2, 3]], "axes=0" },
        { "DepthToSpace", [[1, 3, 4, 4]], "blocksize=2" },
        { "SpaceToDepth", [[1, 3, 5, 4]], "blocksize=2" },
        { "MaxPool", [[1, 3, 4, 4]], "kernel_shape=9,9" },
        { "AveragePool", [[1, 3, 4, 4]], "kernel_shape=9,9" },
        { "Split", [[5, 2]], "split=2,2" },
        { "Gather", [[2, 3], [4]], "" },
        { "GatherElements", [[2, 3], [4]], "" },
        { "GatherND", [[2, 3], [2, 5]], "" },
        { "ScatterElements", [[2, 3], [4], [5]], "" },
        { "ScatterND", [[2, 3], [2, 1], [7, 7]], "" },
        { "Reshape", [[2, 3]], "shape=5,-1" },
        { "Expand", [[2, 3], [4]], "" },
        { "Tile", [[2, 3], [1]], "" },
        { "Trilu", [[3]], "" },
        { "CumSum", [[3], [5]], "" },
        { "OneHot", [[3], [5], [1]], "" },
        { "TopK", [[3], [1]], "axis=3" },
        { "Pad", [[3], [5]], "" },
        { "Range", [[2], [2], [3]], "" },
        { "LpPool", [[1, 3, 4, 4]], "kernel_shape=9,9" },
        { "MaxPool", [[1, 3, 4, 4]], "kernel_shape=2" },
        { "GridSample", [[1, 3, 4, 4], [1, 2, 2, 3]], "" },
        { "GridSample", [[1, 3, 4, 4], [2, 2, 2, 2]], "" },
        { "AffineGrid", [[1, 2, 3], [3]], "" },
        { "RoiAlign", [[1, 3, 4, 4], [2, 3], [2]], "" },
        { "RoiAlign", [[1, 3, 4, 4], [2, 4], [2]], "" },
        { "NonMaxSuppression", [[1, 3, 4], [1, 1, 5]], "" },
        { "DeformConv", [[1, 2, 5, 5], [2, 2, 2, 2], [1, 6, 4, 4]], "" },
        { "Col2Im", [[1, 4, 5], [2], [2]], "" },
        { "CenterCropPad", [[2, 3], [1]], "" },
        { "DFT", [[1, 4, 3]], "" },
        { "STFT", [[1, 4, 1], [1], [9]], "" },
        { "Det", [[2, 3]], "" },
        { "Compress", [[2, 3], [9]], "axis=1" },
        { "ReverseSequence", [[2, 3], [5]], "" },
        { "Scatter", [[2, 3], [1, 2], [1, 2]], "" },
        { "NegativeLogLikelihoodLoss", [[2, 3], [2, 2]], "" },
        { "SoftmaxCrossEntropyLoss", [[2, 3], [2]], "" },
        { "MatMulInteger", [[2, 3], [4, 5]], "" },
        { "ConvInteger", [[1, 3, 8, 8], [4, 5, 3, 3]], "" },
        { "DequantizeLinear", [[2, 3], [4]], "" },
        { "LRN", [[3]], "size=2" },
        { "Hardmax", [[2, 3]], "axis=7" },
        { "MeanVarianceNormalization", [[2, 3]], "axes=4" },
        { "Multinomial", [[2, 3, 4]], "sample_size=2" },
        { "BitwiseAnd", [[2, 3], [4]], "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Inputs_that_do_not_fit_end_in_an_error_and_not_the_process(string opType, long[][] shapes, string attribute)
    {
        using var scope = NewDisposeScope();
        Graph graph = new("g");
        Value[] inputs = [.. shapes.Select((shape, i) => graph.AddInput($"x{i}", ElementType.Float32, null))];
        Node node = graph.AddNode(opType, inputs, "y", attributes: Attributes(attribute));
        graph.AddOutput(node.Outputs[0], ElementType.Float32, null);
        using LoweredGraph lowered = LoweredGraph.Create(OnnxModel.Create(graph, 12, 7, "test"));
        Assert.Empty(lowered.Refusals);
        // Values 5 and above: also far outside where they are read as indices.
        Dictionary<Value, Tensor> known = inputs.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => full(shapes[p.i], 5f + p.i));
        LoweringException e = Assert.Throws<LoweringException>(() => lowered.Run(known, graph.Outputs));
        Assert.Same(node, e.Node);
        Assert.Contains(opType, e.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, AttributeData> Attributes(string text)
    {
        if (text.Length == 0) return [];
        if (text.Contains("->", StringComparison.Ordinal)) return new() { ["equation"] = text };
        (string name, string value) = (text.Split('=')[0], text.Split('=')[1]);
        long[] list = [.. value.Split(',').Select(long.Parse)];
        return new() { [name] = name is "axis" or "blocksize" or "size" or "sample_size" ? list[0] : list };
    }
}
