using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>Unsigned integers, which torch does not compute with: uint16 and uint32 in a wider signed type, uint64 as the bits of an int64.</summary>
internal static class UnsignedIntegers
{
    // Right for bits too: sums, products and shifts to the left agree modulo 2^64, the others only move elements or look at bits.
    private static readonly HashSet<string> BitsSuffice =
    [
        "Add", "Sub", "Mul", "Sum", "MatMul", "Equal", "Where", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "ReduceSum", "CumSum", "Identity", "Reshape", "Flatten",
        "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Concat", "Expand", "Tile", "Gather", "GatherElements", "GatherND", "Shape", "Size", "Compress",
        "ScatterElements", "ScatterND", "Scatter", "Trilu", "ReverseSequence", "DepthToSpace", "SpaceToDepth", "NonZero", "EyeLike", "OneHot", "Pad",
    ];

    /// <summary>Brings what a wider type holds back into the range of <paramref name="type"/>, as overflow does.</summary>
    internal static Tensor Wrapped(Tensor value, ElementType type) => type switch
    {
        ElementType.UInt16 when value.dtype == ScalarType.Int32 => value.bitwise_and(tensor(0xffff)),
        ElementType.UInt32 when value.dtype == ScalarType.Int64 => value.bitwise_and(tensor(0xffffffffL)),
        _ => value,
    };

    /// <summary>Why <paramref name="node"/> must not run on these tensors: a uint64 from 2^63 on, where the number counts and not its bits.</summary>
    internal static string? Refuse(Node node, ElementTypes types, IReadOnlyList<Tensor?> inputs)
    {
        if (BitsSuffice.Contains(node.OpType)) return null;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i] is not { dtype: ScalarType.Int64 } input || types.Of(node.Inputs[i]) != ElementType.UInt64 || input.numel() == 0) continue;
            if (input.min().item<long>() < 0) return "a uint64 from 2^63 on";
        }
        return null;
    }
}
