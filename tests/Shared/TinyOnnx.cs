using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PruneTasks.Tests;

/// <summary>Writes small ONNX models (IR 8, opset 17) for tests: the few fields of the schema that they need, by their numbers.</summary>
internal sealed class TinyOnnx
{
    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];

    /// <summary>A dimension is a number, a name, or null.</summary>
    public TinyOnnx Input(string name, TensorElementType type, params object?[] shape) => Add(_inputs, ValueInfo(name, type, shape));

    public TinyOnnx Output(string name, TensorElementType type, params object?[] shape) => Add(_outputs, ValueInfo(name, type, shape));

    public TinyOnnx Node(string op, string inputs, string output, params (string Name, long Value)[] attributes)
    {
        List<byte[]> fields = [];
        foreach (string input in inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            fields.Add(Text(1, input));
        fields.Add(Text(2, output));
        fields.Add(Text(4, op));
        foreach ((string name, long value) in attributes)
            fields.Add(Bytes(5, Join([Text(1, name), Number(3, value), Number(20, 2)])));
        return Add(_nodes, Join(fields));
    }

    public byte[] ToBytes()
    {
        List<byte[]> graph = [.. _nodes.Select(node => Bytes(1, node)), Text(2, "graph")];
        graph.AddRange(_inputs.Select(input => Bytes(11, input)));
        graph.AddRange(_outputs.Select(output => Bytes(12, output)));
        return Join([Number(1, 8), Bytes(7, Join(graph)), Bytes(8, Number(2, 17))]);
    }

    private static byte[] ValueInfo(string name, TensorElementType type, object?[] shape)
    {
        IEnumerable<byte[]> dims = shape.Select(dim => Bytes(1, dim switch
        {
            null => [],
            string symbol => Text(2, symbol),
            _ => Number(1, Convert.ToInt64(dim)),
        }));
        byte[] tensor = Join([Number(1, (long)type), Bytes(2, Join(dims))]);
        return Join([Text(1, name), Bytes(2, Bytes(1, tensor))]);
    }

    private TinyOnnx Add(List<byte[]> list, byte[] item)
    {
        list.Add(item);
        return this;
    }

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [.. Varint((field << 3) | 2), .. Varint(bytes.Length), .. bytes];

    private static byte[] Number(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Varint(long value)
    {
        List<byte> bytes = [];
        ulong rest = (ulong)value;
        for (; rest > 127; rest >>= 7)
            bytes.Add((byte)(rest | 0x80));
        bytes.Add((byte)rest);
        return [.. bytes];
    }

    private static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(part => part)];
}
