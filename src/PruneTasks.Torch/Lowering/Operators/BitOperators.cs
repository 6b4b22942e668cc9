using static PruneTasks.Torch.Lowering.LoweringRow;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Operators on the bits of integers. Those of unsigned types lie in wider ones; overflow is cut off afterwards (<see cref="UnsignedIntegers"/>).</summary>
internal static class BitOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("BitwiseAnd", c => c[0].bitwise_and(c[1])),
        One("BitwiseOr", c => c[0].bitwise_or(c[1])),
        One("BitwiseXor", c => c[0].bitwise_xor(c[1])),
        One("BitwiseNot", c => c[0].bitwise_not()),
        One("BitShift", c => c.Node.String("direction") == "LEFT" ? c[0].bitwise_left_shift(c[1]) : c[0].bitwise_right_shift(c[1])) with
        {
            Refuse = (node, _) => node.String("direction") is "LEFT" or "RIGHT" ? null : "no direction",
        },
    ];
}
