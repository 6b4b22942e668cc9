using System.Text;

namespace PruneTasks.BuildTesting;

/// <summary>A small valid ONNX file, written field by field (onnx.proto: ModelProto, GraphProto, NodeProto, ValueInfoProto).</summary>
internal static class TinyModel
{
    /// <summary>One Identity node from <c>x</c> to <c>y</c>, float32 of shape [batch, <paramref name="width"/>], opset 17.</summary>
    public static byte[] Identity(int width = 4)
    {
        byte[] node = [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Identity")];
        byte[] graph = [.. Bytes(1, node), .. Text(2, "g"), .. Bytes(11, Value("x", width)), .. Bytes(12, Value("y", width))];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, [.. Number(2, 17)])];
    }

    /// <summary>Field 6 of ModelProto, doc_string: bytes that no reader needs, to be put after a model. Not zeros, which nothing has to read from a disk.</summary>
    public static byte[] Padding(int length) => [.. Varint((6 << 3) | 2), .. Varint(length), .. Enumerable.Repeat((byte)'x', length)];

    private static byte[] Value(string name, int width)
    {
        byte[] shape = [.. Bytes(1, Text(2, "batch")), .. Bytes(1, Number(1, width))];
        byte[] tensor = [.. Number(1, 1), .. Bytes(2, shape)];
        return [.. Text(1, name), .. Bytes(2, Bytes(1, tensor))];
    }

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
