using System.Buffers.Binary;
using System.Security.Cryptography;
using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>One sample: what one run of the model at batch 1 is given.</summary>
/// <param name="Source">Where it comes from, relative to the data's folder, with '/' (for example <c>cat/0001.jpg</c> or <c>x.npz#17</c>).</param>
/// <param name="Inputs">Tensors in the order of the model's inputs, leading batch axis included.</param>
/// <param name="Label">Index of its class, where the data has labels.</param>
internal sealed record Sample(string Source, IReadOnlyList<TensorData> Inputs, int? Label)
{
    /// <summary>How much it counts in statistics and refits, at least 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Made from another sample.</summary>
    public bool IsView { get; init; }

    /// <summary>SHA-256 over types, shapes and elements of all inputs; label, source and weight do not count.</summary>
    public byte[] ContentHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        foreach (TensorData tensor in Inputs)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, (long)tensor.Type);
            hash.AppendData(number);
            foreach (long dim in tensor.Shape)
            {
                BinaryPrimitives.WriteInt64LittleEndian(number, dim);
                hash.AppendData(number);
            }
            hash.AppendData(tensor.Bytes.Span);
        }
        return hash.GetHashAndReset();
    }
}
