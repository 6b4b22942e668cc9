using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>Reads a file that holds one <c>TensorProto</c>, as ONNX test sets have them (<c>test_data_set_0/input_0.pb</c>).</summary>
public static class TensorFile
{
    /// <summary>The tensor and its name, which is often empty.</summary>
    /// <exception cref="OnnxFormatException">The bytes are not a tensor, or have an element type that is not read.</exception>
    public static (string Name, TensorData Data) Read(ReadOnlyMemory<byte> bytes)
    {
        WireMessage message = WireMessage.Parse(bytes, 0);
        TensorData? data = TensorReader.Read(message, new ExternalData(null));
        return data is null or { Type: ElementType.Undefined or ElementType.String }
            ? throw new OnnxFormatException(OnnxFormatError.InvalidTensor, 0, "the file holds no tensor of numbers")
            : (message.TextOf(TensorFields.Name), data);
    }
}
