using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Calibration samples as the network reads them, in batches.</summary>
public sealed class CalibrationBatches : IDisposable
{
    private CalibrationBatches(IReadOnlyList<IReadOnlyDictionary<Value, Tensor>> batches, int samples) => (Batches, Samples) = (batches, samples);

    /// <summary>Number of samples in all batches together.</summary>
    public int Samples { get; }

    internal IReadOnlyList<IReadOnlyDictionary<Value, Tensor>> Batches { get; }

    /// <summary>Copies batches into tensors.</summary>
    /// <param name="graph">Whose inputs they feed.</param>
    /// <param name="batches">For each batch one tensor per graph input, in their order.</param>
    /// <param name="samples">Number of samples in all batches together.</param>
    public static CalibrationBatches Create(Graph graph, IEnumerable<IReadOnlyList<TensorData>> batches, int samples) =>
        new([.. batches.Select(batch => graph.Inputs.Zip(batch).ToDictionary(p => p.First, p => TorchTypes.ToTensor(p.Second)))], samples);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in Batches.SelectMany(b => b.Values)) tensor.Dispose();
    }
}
