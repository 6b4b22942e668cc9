using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What may remain of the dense model, as shares; several bounds hold at once.</summary>
public sealed record BudgetBounds(double? Macs, double? Parameters, double? Bytes)
{
    /// <summary>Whether <paramref name="pruned"/> is within every bound.</summary>
    public bool IsMet(Cost pruned, Cost dense) =>
        pruned.Macs <= (Macs ?? 1) * dense.Macs && pruned.Parameters <= (Parameters ?? 1) * dense.Parameters && pruned.Bytes <= (Bytes ?? 1) * dense.Bytes;
}
