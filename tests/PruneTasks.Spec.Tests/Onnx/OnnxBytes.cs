using System.Text;

namespace PruneTasks.Spec.Tests.Onnx;

/// <summary>Writes small ONNX files by hand, so that the tests do not depend on what they test. Field numbers of onnx.proto.</summary>
internal static class OnnxBytes
{
    public static byte[] Model(byte[] graph, long irVersion = 8, params byte[][] more) =>
        Join([Number(1, irVersion), Text(2, "tester"), Text(3, "1.2"), Bytes(7, graph), Bytes(8, Join(Text(1, ""), Number(2, 17))), Bytes(8, Join(Text(1, "com.x"), Number(2, 1))), .. more]);

    public static byte[] Graph(params byte[][] fields) => Join(fields);

    public static byte[] Node() => Bytes(1, Join(Text(1, "x"), Text(2, "y"), Text(4, "Relu")));

    public static byte[] Input(string name, int type, params object?[]? axes) => Bytes(11, Value(name, type, axes));

    public static byte[] Output(string name, int type, params object?[]? axes) => Bytes(12, Value(name, type, axes));

    public static byte[] Initializer(string name, int bytes) => Bytes(5, Join(Number(1, bytes), Number(2, 3), Text(8, name), Bytes(9, new byte[bytes])));

    public static byte[] External(string name, string location, long offset, long length) => Bytes(5, Join(
        Text(8, name),
        Bytes(13, Join(Text(1, "location"), Text(2, location))),
        Bytes(13, Join(Text(1, "offset"), Text(2, offset.ToString()))),
        Bytes(13, Join(Text(1, "length"), Text(2, length.ToString()))),
        Number(14, 1)));

    public static byte[] Value(string name, int type, object?[]? axes) => Join(
        Text(1, name),
        Bytes(2, Bytes(1, Join(Number(1, type), axes is null ? [] : Bytes(2, Join([.. axes.Select(Axis)]))))));

    public static byte[] Axis(object? axis) => Bytes(1, axis switch
    {
        int length => Number(1, length),
        string symbol => Text(2, symbol),
        _ => [],
    });

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Number(int field, long value) => Join(Varint((ulong)field << 3), Varint((ulong)value));

    public static byte[] Bytes(int field, byte[] payload) => Join(Varint(((ulong)field << 3) | 2), Varint((ulong)payload.Length), payload);

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
