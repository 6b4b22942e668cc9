using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Tensors made from a shape.</summary>
internal static class FillOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("ConstantOfShape", ConstantOfShape) with
        {
            Refuse = (node, _) => Fill(node) is { } fill && TorchTypes.Of(fill.Type) is null ? $"{fill.Type} cannot be computed with" : null,
        },
        One("Range", Range),
        One("EyeLike", EyeLike),
    ];

    private static TensorData? Fill(Node node) => node.Attributes.TryGetValue("value", out AttributeData? value) ? value.Tensor : null;

    private static Tensor ConstantOfShape(LoweringCall c)
    {
        long[] shape = c.Integers(0);
        return Fill(c.Node) is { } fill ? TorchTypes.ToTensor(fill).reshape(1).expand(shape).clone() : zeros(shape, float32);
    }

    private static Tensor Range(LoweringCall c)
    {
        Tensor start = c[0];
        double Number(int i) => c[i].to(float64).item<double>();
        long count = Math.Max(0, (long)Math.Ceiling((Number(1) - Number(0)) / Number(2)));
        return arange(count, start.dtype) * c[2] + start;
    }

    private static Tensor EyeLike(LoweringCall c)
    {
        ScalarType type = c.Node.Attributes.ContainsKey("dtype") ? TorchTypes.Of((ElementType)c.Node.Int("dtype", 1)) ?? float32 : c[0].dtype;
        long k = c.Node.Int("k", 0);
        Tensor rows = arange(c[0].shape[0]).unsqueeze(1), columns = arange(c[0].shape[1]);
        return (rows + k).eq(columns).to(type);
    }
}
