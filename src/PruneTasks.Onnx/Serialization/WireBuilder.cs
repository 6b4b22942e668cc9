using System.Buffers.Binary;
using System.Text;

namespace PruneTasks.Onnx.Serialization;

/// <summary>A message being written: a list of byte slices, old and new, so that weights are never copied.</summary>
internal sealed class WireBuilder
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>The slices in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Parts => _parts;

    /// <summary>All in one piece.</summary>
    /// <exception cref="OnnxFormatException">More than the 2 GB that protobuf allows.</exception>
    public byte[] ToArray()
    {
        if (Length > Array.MaxLength) throw new OnnxFormatException(OnnxFormatError.FunctionRefused, 0, $"the model would have {Length} bytes");
        var bytes = new byte[Length];
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in _parts)
        {
            part.CopyTo(bytes.AsMemory(at));
            at += part.Length;
        }
        return bytes;
    }

    /// <summary>Adds whole fields as they are.</summary>
    public void Raw(ReadOnlyMemory<byte> fields)
    {
        _parts.Add(fields);
        Length += fields.Length;
    }

    /// <summary>Adds a varint field.</summary>
    public void Int(int number, long value)
    {
        var bytes = new byte[20];
        int at = Varint(bytes, 0, ((ulong)number << 3) | (ulong)WireType.Varint);
        at = Varint(bytes, at, (ulong)value);
        Raw(bytes.AsMemory(0, at));
    }

    /// <summary>Adds a fixed32 field that holds a float.</summary>
    public void Float(int number, float value)
    {
        var bytes = new byte[14];
        int at = Varint(bytes, 0, ((ulong)number << 3) | (ulong)WireType.Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), value);
        Raw(bytes.AsMemory(0, at + 4));
    }

    /// <summary>Adds a length-delimited field.</summary>
    public void Bytes(int number, ReadOnlyMemory<byte> content)
    {
        Header(number, content.Length);
        Raw(content);
    }

    /// <summary>Adds a text field.</summary>
    public void Text(int number, string text) => Bytes(number, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a message field.</summary>
    public void Message(int number, WireBuilder content)
    {
        Header(number, content.Length);
        _parts.AddRange(content._parts);
        Length += content.Length;
    }

    private void Header(int number, long length)
    {
        var bytes = new byte[20];
        int at = Varint(bytes, 0, ((ulong)number << 3) | (ulong)WireType.Bytes);
        at = Varint(bytes, at, (ulong)length);
        Raw(bytes.AsMemory(0, at));
    }

    private static int Varint(byte[] bytes, int at, ulong value)
    {
        while (value >= 0x80)
        {
            bytes[at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        bytes[at++] = (byte)value;
        return at;
    }
}
