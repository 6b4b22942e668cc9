using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>The shape that a Reshape (ai.onnx, since opset 5) is given, when tokens go from its input.</summary>
internal static class ReshapeTarget
{
    /// <summary>Whether <see cref="Changes"/> can say what becomes of the target.</summary>
    public static bool CanShorten(Node reshape, TokenPlace from, TokenPlace to, TokenAxisRules rules, ShapeInvariants invariants) =>
        Changes(reshape, from, to, 1, rules, invariants) is not null;

    /// <summary>Elements of the target that change when <paramref name="kept"/> tokens stay; <see langword="null"/> if that cannot be told.</summary>
    public static Dictionary<int, long>? Changes(Node reshape, TokenPlace from, TokenPlace to, long kept, TokenAxisRules rules, ShapeInvariants invariants)
    {
        Value output = reshape.Outputs[0];
        if (reshape.Inputs.Count < 2 || reshape.Inputs[1] is not { } target || invariants.ElementCount(target) is not { } count) return null;
        if (rules.Shapes(output) is not { } shapes || shapes[0].Count != count) return null;
        long?[] written = [.. Enumerable.Range(0, count).Select(i => invariants.ElementOf(target, i))];
        bool copies = reshape.Int("allowzero", 0) == 0;
        // 0 copies the size of the input's axis at the same place.
        for (int i = 0; i < count; i++)
            if (written[i] == 0 && (!copies || ((i == from.Axis || i == to.Axis) && from.Axis != to.Axis))) return null;
        if (written[to.Axis] is -1 or 0) return [];
        if (rules.IsOwnAxis(output, to)) return new() { [to.Axis] = kept };
        // Samples and tokens on one axis: its size follows from the others, if they are known.
        Dictionary<int, long> changes = new() { [to.Axis] = -1 };
        for (int i = 0; i < count; i++)
        {
            if (written[i] != -1) continue;
            if (shapes.Any(s => s[i] != shapes[0][i])) return null;
            changes[i] = shapes[0][i];
        }
        return changes;
    }
}
