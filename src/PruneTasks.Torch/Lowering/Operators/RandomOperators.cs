using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Random tensors. The seed is the one given, else made of the output's name: runs repeat, and two nodes differ.</summary>
internal static class RandomOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        Made("RandomNormal", c => Normal(c, [.. c.Node.Ints("shape") ?? []])) with { Refuse = (node, _) => Refuse(node) ?? (node.Ints("shape") is null ? "no shape" : null) },
        Made("RandomUniform", c => Uniform(c, [.. c.Node.Ints("shape") ?? []])) with { Refuse = (node, _) => Refuse(node) ?? (node.Ints("shape") is null ? "no shape" : null) },
        Made("RandomNormalLike", c => Normal(c, c[0].shape)),
        Made("RandomUniformLike", c => Uniform(c, c[0].shape)),
        Made("Bernoulli", c => (rand(c[0].shape, float64, generator: GeneratorOf(c.Node)) < c[0])),
        // Unnormalised logarithms of probabilities.
        Made("Multinomial", c => c[0].softmax(-1).multinomial(c.Node.Int("sample_size", 1), true, GeneratorOf(c.Node))),
    ];

    private static LoweringRow Made(string opType, Func<LoweringCall, Tensor> function) =>
        One(opType, c => TorchTypes.Rounded(function(c), c.OutputType(0))) with
        {
            Refuse = (node, _) => Refuse(node),
            RefuseTypes = (node, types) => TorchTypes.Of(types.Of(node.Outputs[0])) is null ? "the type of the result is not known" : null,
        };

    private static string? Refuse(Node node) => node.Int("dtype", 1) is var type && TorchTypes.Of((ElementType)type) is null ? $"type {type} cannot be computed with" : null;

    private static Tensor Normal(LoweringCall c, long[] shape) =>
        randn(shape, float64, generator: GeneratorOf(c.Node)) * c.Node.Float("scale", 1) + c.Node.Float("mean", 0);

    private static Tensor Uniform(LoweringCall c, long[] shape)
    {
        (float low, float high) = (c.Node.Float("low", 0), c.Node.Float("high", 1));
        return rand(shape, float64, generator: GeneratorOf(c.Node)) * (high - low) + low;
    }

    private static Generator GeneratorOf(Node node)
    {
        // FNV-1a; String.GetHashCode differs between processes.
        uint hash = 2166136261;
        foreach (char letter in node.Outputs[0].Name) hash = (hash ^ letter) * 16777619;
        ulong seed = node.Attributes.TryGetValue("seed", out AttributeData? given) && given.Float is { } number ? BitConverter.SingleToUInt32Bits(number) : hash;
        return new Generator(seed);
    }
}
