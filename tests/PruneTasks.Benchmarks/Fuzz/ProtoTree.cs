namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Messages of onnx.proto that a mutation may look into.</summary>
internal enum ProtoKind
{
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dim,
    Entry,
    Opset,
    Annotation,
    Function,
}

/// <summary>One field: a number, bytes, or a message; and in which way its coding is to be wrong.</summary>
internal sealed class ProtoField
{
    public required int Number { get; set; }

    /// <summary>Protobuf wire type.</summary>
    public required int Wire { get; set; }

    /// <summary>Content of a varint or fixed-size field.</summary>
    public ulong Value { get; set; }

    /// <summary>Content of a length-delimited field that is no message.</summary>
    public byte[] Bytes { get; set; } = [];

    /// <summary>Content of a field that is one.</summary>
    public ProtoMessage? Message { get; set; }

    /// <summary>Added to the length that is written, so that it lies.</summary>
    public long LengthLie { get; set; }

    /// <summary>Needless bytes in the varint that is written.</summary>
    public int Padding { get; set; }

    public ProtoField Clone() => new()
    {
        Number = Number,
        Wire = Wire,
        Value = Value,
        Bytes = Bytes,
        Message = Message?.Clone(),
        LengthLie = LengthLie,
        Padding = Padding,
    };
}

/// <summary>A message as a tree that can be changed anywhere, unlike the reader's under test. Written for mutation: what it reads is known to be whole.</summary>
internal sealed class ProtoMessage(ProtoKind kind)
{
    private static readonly Dictionary<(ProtoKind, int), ProtoKind> Inner = new()
    {
        [(ProtoKind.Model, 7)] = ProtoKind.Graph,
        [(ProtoKind.Model, 8)] = ProtoKind.Opset,
        [(ProtoKind.Model, 14)] = ProtoKind.Entry,
        [(ProtoKind.Model, 25)] = ProtoKind.Function,
        [(ProtoKind.Function, 7)] = ProtoKind.Node,
        [(ProtoKind.Graph, 1)] = ProtoKind.Node,
        [(ProtoKind.Graph, 5)] = ProtoKind.Tensor,
        [(ProtoKind.Graph, 11)] = ProtoKind.ValueInfo,
        [(ProtoKind.Graph, 12)] = ProtoKind.ValueInfo,
        [(ProtoKind.Graph, 13)] = ProtoKind.ValueInfo,
        [(ProtoKind.Graph, 14)] = ProtoKind.Annotation,
        [(ProtoKind.Graph, 15)] = ProtoKind.SparseTensor,
        [(ProtoKind.SparseTensor, 1)] = ProtoKind.Tensor,
        [(ProtoKind.SparseTensor, 2)] = ProtoKind.Tensor,
        [(ProtoKind.Node, 5)] = ProtoKind.Attribute,
        [(ProtoKind.Attribute, 5)] = ProtoKind.Tensor,
        [(ProtoKind.Attribute, 6)] = ProtoKind.Graph,
        [(ProtoKind.Attribute, 10)] = ProtoKind.Tensor,
        [(ProtoKind.Attribute, 11)] = ProtoKind.Graph,
        [(ProtoKind.Attribute, 14)] = ProtoKind.Type,
        [(ProtoKind.Tensor, 13)] = ProtoKind.Entry,
        [(ProtoKind.ValueInfo, 2)] = ProtoKind.Type,
        [(ProtoKind.Type, 1)] = ProtoKind.TensorType,
        [(ProtoKind.TensorType, 2)] = ProtoKind.Shape,
        [(ProtoKind.Shape, 1)] = ProtoKind.Dim,
    };

    public ProtoKind Kind { get; } = kind;

    public List<ProtoField> Fields { get; } = [];

    /// <summary>Reads a whole, valid message.</summary>
    public static ProtoMessage Parse(byte[] bytes, ProtoKind kind = ProtoKind.Model)
    {
        var message = new ProtoMessage(kind);
        for (int at = 0; at < bytes.Length;)
        {
            ulong tag = Varint(bytes, ref at);
            var field = new ProtoField { Number = (int)(tag >> 3), Wire = (int)(tag & 7) };
            switch (field.Wire)
            {
                case 0: field.Value = Varint(bytes, ref at); break;
                case 1: field.Value = BitConverter.ToUInt64(bytes, at); at += 8; break;
                case 5: field.Value = BitConverter.ToUInt32(bytes, at); at += 4; break;
                case 2:
                    int length = (int)Varint(bytes, ref at);
                    byte[] content = bytes[at..(at + length)];
                    at += length;
                    if (Inner.TryGetValue((kind, field.Number), out ProtoKind inner)) field.Message = Parse(content, inner);
                    else field.Bytes = content;
                    break;
                default: throw new InvalidDataException($"wire type {field.Wire} in a seed");
            }
            message.Fields.Add(field);
        }
        return message;
    }

    public ProtoMessage Number(int number, long value) => Add(new ProtoField { Number = number, Wire = 0, Value = (ulong)value });

    public ProtoMessage Text(int number, string text) => Data(number, System.Text.Encoding.UTF8.GetBytes(text));

    public ProtoMessage Data(int number, byte[] bytes) => Add(new ProtoField { Number = number, Wire = 2, Bytes = bytes });

    public ProtoMessage Child(int number, ProtoMessage message) => Add(new ProtoField { Number = number, Wire = 2, Message = message });

    /// <summary>This message and all inside it, outermost first.</summary>
    public IEnumerable<ProtoMessage> All() => Fields.Where(f => f.Message is not null).SelectMany(f => f.Message!.All()).Prepend(this);

    public ProtoMessage Clone()
    {
        var copy = new ProtoMessage(Kind);
        foreach (ProtoField field in Fields) copy.Fields.Add(field.Clone());
        return copy;
    }

    /// <summary>The bytes, with what is to be wrong in them.</summary>
    public byte[] ToBytes()
    {
        var bytes = new MemoryStream();
        foreach (ProtoField field in Fields)
        {
            Write(bytes, ((ulong)field.Number << 3) | (uint)field.Wire, 0);
            switch (field.Wire)
            {
                case 0: Write(bytes, field.Value, field.Padding); break;
                case 1: bytes.Write(BitConverter.GetBytes(field.Value)); break;
                case 5: bytes.Write(BitConverter.GetBytes((uint)field.Value)); break;
                case 2:
                    byte[] content = field.Message?.ToBytes() ?? field.Bytes;
                    Write(bytes, (ulong)(content.Length + field.LengthLie), field.Padding);
                    bytes.Write(content);
                    break;
                default: break; // Groups and types that do not exist: the tag alone.
            }
        }
        return bytes.ToArray();
    }

    private ProtoMessage Add(ProtoField field)
    {
        Fields.Add(field);
        return this;
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }

    private static void Write(MemoryStream to, ulong value, int padding)
    {
        for (; value >= 0x80; value >>= 7) to.WriteByte((byte)(value | 0x80));
        if (padding == 0)
        {
            to.WriteByte((byte)value);
            return;
        }
        to.WriteByte((byte)(value | 0x80));
        for (; padding > 1; padding--) to.WriteByte(0x80);
        to.WriteByte(0);
    }
}
