using System.Buffers.Binary;
using System.Text;

namespace PruneTasks.Onnx.Serialization;

/// <summary>How a field's content is laid out (Protocol Buffers, "Encoding", message structure).</summary>
internal enum WireType : byte
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>One field as it lies in its message: tag from <paramref name="Start"/>, content from <paramref name="Content"/>, both up to <paramref name="End"/>.</summary>
internal readonly record struct WireField(int Number, WireType Type, int Start, int Content, int End);

/// <summary>A protobuf message cut into its fields, in file order, without interpreting them. Nothing is copied.</summary>
internal sealed class WireMessage
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private WireMessage(ReadOnlyMemory<byte> bytes, long origin, WireField[] fields)
    {
        Bytes = bytes;
        Origin = origin;
        Fields = fields;
    }

    /// <summary>The whole message.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Offset of the message in the file.</summary>
    public long Origin { get; }

    /// <summary>Fields in file order.</summary>
    public WireField[] Fields { get; }

    /// <summary>Cuts <paramref name="bytes"/> into fields.</summary>
    /// <exception cref="OnnxFormatException">The bytes are not a sequence of whole fields.</exception>
    public static WireMessage Parse(ReadOnlyMemory<byte> bytes, long origin)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        var fields = new List<WireField>();
        int at = 0;
        while (at < span.Length)
        {
            WireField field = WireScanner.Next(span, at, origin);
            fields.Add(field);
            at = field.End;
        }
        return new WireMessage(bytes, origin, [.. fields]);
    }

    /// <summary>Tag and content, as they lie in the file.</summary>
    public ReadOnlyMemory<byte> Raw(WireField field) => Bytes[field.Start..field.End];

    /// <summary>Content of a length-delimited field.</summary>
    public ReadOnlyMemory<byte> Content(WireField field)
    {
        Demand(field, WireType.Bytes);
        return Bytes[field.Content..field.End];
    }

    /// <summary>Content of a length-delimited field as a message.</summary>
    public WireMessage Message(WireField field) => Parse(Content(field), Origin + field.Content);

    /// <summary>Content of a varint field as int64.</summary>
    public long Int(WireField field)
    {
        Demand(field, WireType.Varint);
        int at = field.Content;
        return (long)WireScanner.Varint(Bytes.Span, ref at, Origin);
    }

    /// <summary>Content of a fixed32 field as float.</summary>
    public float Float(WireField field)
    {
        Demand(field, WireType.Fixed32);
        return BinaryPrimitives.ReadSingleLittleEndian(Bytes.Span[field.Content..]);
    }

    /// <summary>Content as text.</summary>
    /// <exception cref="OnnxFormatException">Not valid UTF-8.</exception>
    public string Text(WireField field) =>
        TryText(field) ?? throw new OnnxFormatException(OnnxFormatError.InvalidText, Origin + field.Start, "a name is not valid UTF-8");

    /// <summary>Content as text, or <see langword="null"/> if it is not valid UTF-8.</summary>
    public string? TryText(WireField field)
    {
        try
        {
            return StrictUtf8.GetString(Content(field).Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The last field with that number (the one that counts for a singular field), or <see langword="null"/>.</summary>
    public WireField? Last(int number)
    {
        for (int i = Fields.Length - 1; i >= 0; i--)
        {
            if (Fields[i].Number == number) return Fields[i];
        }
        return null;
    }

    /// <summary>Text of a singular field; empty when absent.</summary>
    public string TextOf(int number) => Last(number) is { } field ? Text(field) : "";

    /// <summary>Number of a singular varint field; 0 when absent.</summary>
    public long IntOf(int number) => Last(number) is { } field ? Int(field) : 0;

    /// <summary>All fields with that number, in file order.</summary>
    public IEnumerable<WireField> All(int number) => Fields.Where(f => f.Number == number);

    /// <summary>Repeated int64s, packed or not.</summary>
    public List<long> Ints(int number)
    {
        var result = new List<long>();
        foreach (WireField field in Fields)
        {
            if (field.Number != number) continue;
            if (field.Type == WireType.Varint)
            {
                result.Add(Int(field));
                continue;
            }
            Demand(field, WireType.Bytes);
            ReadOnlySpan<byte> packed = Bytes.Span[..field.End];
            for (int at = field.Content; at < packed.Length;) result.Add((long)WireScanner.Varint(packed, ref at, Origin));
        }
        return result;
    }

    /// <summary>Repeated fixed-size numbers, packed or not, as their little-endian bytes. One packed field, the usual case, is not copied.</summary>
    public ReadOnlyMemory<byte> Fixed(int number, WireType type)
    {
        int size = type == WireType.Fixed32 ? 4 : 8;
        WireField[] parts = [.. All(number)];
        foreach (WireField part in parts)
        {
            if (part.Type == type) continue;
            Demand(part, WireType.Bytes);
            if ((part.End - part.Content) % size != 0)
                throw Fail(part, OnnxFormatError.InvalidField, "a packed field does not hold a whole number of elements");
        }
        if (parts.Length == 0) return default;
        if (parts.Length == 1) return Bytes[parts[0].Content..parts[0].End];
        var result = new byte[parts.Sum(p => p.End - p.Content)];
        int to = 0;
        foreach (WireField part in parts)
        {
            Bytes.Span[part.Content..part.End].CopyTo(result.AsSpan(to));
            to += part.End - part.Content;
        }
        return result;
    }

    /// <summary>An error about <paramref name="field"/>.</summary>
    public OnnxFormatException Fail(WireField field, OnnxFormatError error, string message) => new(error, Origin + field.Start, message);

    private void Demand(WireField field, WireType type)
    {
        if (field.Type != type) throw Fail(field, OnnxFormatError.InvalidField, $"field {field.Number} is not of the kind the ONNX schema says");
    }
}
