using System.Text;

namespace PruneTasks.Spec.Onnx;

/// <summary>Reads the protobuf wire format (protobuf.dev, "Encoding") from a seekable stream and skips without reading.</summary>
internal sealed class ProtoCursor(Stream stream)
{
    /// <summary>Fields whose payload is a varint.</summary>
    public const int Varint = 0;

    /// <summary>Fields whose payload is bytes with a length in front.</summary>
    public const int Bytes = 2;

    /// <summary>Fields whose payload is four bytes.</summary>
    public const int Fixed32 = 5;

    private const int LongestText = 1 << 20;

    private readonly byte[] _buffer = new byte[4096];
    private readonly long _length = stream.Length;
    private long _bufferStart;
    private int _bufferCount;
    private long _position;

    /// <summary>End of the message that is being read.</summary>
    public long End { get; private set; } = stream.Length;

    /// <summary>Reads the next tag of the current message.</summary>
    /// <returns>False at its end.</returns>
    public bool NextField(out int field, out int wireType)
    {
        field = wireType = 0;
        if (_position == End)
            return false;
        ulong tag = ReadVarint();
        field = (int)(tag >> 3);
        wireType = (int)(tag & 7);
        if (tag >> 3 is 0 or > 0x1FFFFFFF)
            throw new OnnxFormatException($"byte {_position} has no field of a protobuf message");
        return true;
    }

    /// <summary>A varint; negative numbers come as their two's complement.</summary>
    public ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte b = ReadByte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }

        throw new OnnxFormatException($"byte {_position} has a number of over 10 bytes");
    }

    /// <summary>Text of a length-delimited field.</summary>
    public string ReadText() => Encoding.UTF8.GetString(ReadBytes());

    /// <summary>Bytes of a length-delimited field.</summary>
    public byte[] ReadBytes() => ReadBytes((int)ReadLength(LongestText));

    /// <summary>A number of single precision.</summary>
    public float ReadFloat() => BitConverter.ToSingle(ReadBytes(sizeof(float)), 0);

    /// <summary>Reads the fields of a length-delimited message.</summary>
    public void ReadMessage(Action<int, int> field)
    {
        long outer = End;
        long length = ReadLength(long.MaxValue);
        End = _position + length;
        while (NextField(out int number, out int wireType))
            field(number, wireType);
        End = outer;
    }

    /// <summary>Adds the numbers of a packed repeated field, but not more than make <paramref name="most"/>: what a file claims is not what memory is given for.</summary>
    public void ReadPackedVarints(List<long> numbers, int most)
    {
        long outer = End;
        long length = ReadLength(long.MaxValue);
        End = _position + length;
        while (_position < End)
        {
            long number = (long)ReadVarint();
            if (numbers.Count < most)
                numbers.Add(number);
        }
        End = outer;
    }

    /// <summary>Passes over the payload of a field.</summary>
    public void Skip(int wireType)
    {
        switch (wireType)
        {
            case Varint:
                ReadVarint();
                break;
            case 1:
                Advance(8);
                break;
            case Bytes:
                Advance(ReadLength(long.MaxValue));
                break;
            case Fixed32:
                Advance(4);
                break;
            default:
                throw new OnnxFormatException($"byte {_position} has the unknown wire type {wireType}");
        }
    }

    private byte[] ReadBytes(int length)
    {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = ReadByte();
        return bytes;
    }

    private long ReadLength(long limit)
    {
        ulong length = ReadVarint();
        if (length > (ulong)(End - _position))
        {
            throw new OnnxFormatException(
                End == _length
                    ? $"it is cut off: a field at byte {_position} needs {length} bytes, but only {End - _position} follow"
                    : $"a field at byte {_position} reaches beyond its message");
        }

        if (length > (ulong)limit)
            throw new OnnxFormatException($"the text at byte {_position} has {length} bytes");
        return (long)length;
    }

    private void Advance(long count)
    {
        if (count > End - _position)
            throw new OnnxFormatException($"it is cut off at byte {_position}");
        _position += count;
    }

    private byte ReadByte()
    {
        if (_position >= End)
            throw new OnnxFormatException($"it is cut off at byte {_position}");
        long offset = _position - _bufferStart;
        if (offset < 0 || offset >= _bufferCount)
        {
            stream.Position = _bufferStart = _position;
            _bufferCount = stream.Read(_buffer, 0, _buffer.Length);
            offset = 0;
            if (_bufferCount <= 0)
                throw new OnnxFormatException($"it is cut off at byte {_position}");
        }

        _position++;
        return _buffer[offset];
    }
}
