using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Puts units of a <see cref="ChannelSite"/> out of effect without changing a shape: zeros where layers sum over them.</summary>
public static class ChannelGate
{
    /// <summary>Zeroes the weights of the consumers at all units that are not in <paramref name="kept"/>. The result computes what the model without these units does.</summary>
    public static void Close(Graph graph, ChannelSite site, IReadOnlyCollection<int> kept)
    {
        HashSet<int> stay = [.. kept];
        foreach (ChannelEnd end in site.Consumers.DistinctBy(e => (e.Weight, e.WeightAxis)))
        {
            TensorData weight = end.Weight.Constant!;
            var bytes = weight.Bytes.ToArray();
            int inner = TensorData.SizeOf(weight.Type)!.Value, size = (int)weight.Shape[end.WeightAxis];
            for (int i = end.WeightAxis + 1; i < weight.Shape.Count; i++) inner = checked(inner * (int)weight.Shape[i]);
            for (int at = 0; at < bytes.Length; at += inner)
                if (end.UnitOf[at / inner % size] is >= 0 and var unit && !stay.Contains(unit)) bytes.AsSpan(at, inner).Clear();
            graph.SetInitializer(end.Weight, new TensorData(weight.Type, weight.Shape, bytes));
        }
    }
}
