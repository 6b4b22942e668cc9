namespace PruneTasks.Onnx.Serialization;

/// <summary>Finds where fields begin and end (Protocol Buffers, "Encoding"); every length is checked against what contains it.</summary>
internal static class WireScanner
{
    private const int MaxGroupDepth = 64;

    /// <summary>The field that starts at <paramref name="start"/>.</summary>
    /// <exception cref="OnnxFormatException">No whole, well-formed field lies there.</exception>
    public static WireField Next(ReadOnlySpan<byte> span, int start, long origin)
    {
        (int number, WireType type, int content) = Tag(span, start, origin);
        if (type == WireType.EndGroup) throw Invalid(origin + start, "a group ends that never began");
        (int from, int end) = type == WireType.StartGroup
            ? (content, SkipGroup(span, content, number, origin))
            : Skip(span, content, type, origin);
        return new WireField(number, type, start, from, end);
    }

    /// <summary>Reads a base-128 varint and moves <paramref name="at"/> behind it.</summary>
    /// <exception cref="OnnxFormatException">It is longer than ten bytes or runs past the end.</exception>
    public static ulong Varint(ReadOnlySpan<byte> span, ref int at, long origin)
    {
        ulong result = 0;
        for (int i = 0; i < 10; i++)
        {
            if (at >= span.Length) throw new OnnxFormatException(OnnxFormatError.Truncated, origin + at, "the file ends inside a number");
            byte next = span[at++];
            result |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80) return result;
        }
        throw Invalid(origin + at, "a number is longer than ten bytes");
    }

    private static (int Number, WireType Type, int Content) Tag(ReadOnlySpan<byte> span, int start, long origin)
    {
        int at = start;
        ulong tag = Varint(span, ref at, origin);
        if (tag >> 3 is 0 or > 0x1fffffff || (tag & 7) > 5) throw Invalid(origin + start, "not a protobuf field");
        return ((int)(tag >> 3), (WireType)(tag & 7), at);
    }

    private static (int From, int End) Skip(ReadOnlySpan<byte> span, int content, WireType type, long origin)
    {
        int at = content;
        ulong length = 0;
        switch (type)
        {
            case WireType.Varint: Varint(span, ref at, origin); return (content, at);
            case WireType.Fixed64: length = 8; break;
            case WireType.Fixed32: length = 4; break;
            default: length = Varint(span, ref at, origin); break;
        }
        if (length > (ulong)(span.Length - at))
            throw new OnnxFormatException(OnnxFormatError.Truncated, origin + content, $"{length} bytes are announced, {span.Length - at} are there");
        return (at, at + (int)length);
    }

    // Groups are deprecated and ONNX has none, but an unknown field may be one; it is stepped over without recursion.
    private static int SkipGroup(ReadOnlySpan<byte> span, int at, int number, long origin)
    {
        var open = new Stack<int>();
        open.Push(number);
        while (open.Count > 0)
        {
            if (at >= span.Length) throw new OnnxFormatException(OnnxFormatError.Truncated, origin + at, "the file ends inside a group");
            (int inner, WireType type, int content) = Tag(span, at, origin);
            if (type == WireType.StartGroup)
            {
                if (open.Count >= MaxGroupDepth) throw Invalid(origin + at, "groups are nested too deeply");
                open.Push(inner);
                at = content;
            }
            else if (type == WireType.EndGroup)
            {
                if (open.Pop() != inner) throw Invalid(origin + at, "a group ends that never began");
                at = content;
            }
            else
            {
                at = Skip(span, content, type, origin).End;
            }
        }
        return at;
    }

    private static OnnxFormatException Invalid(long position, string message) => new(OnnxFormatError.InvalidField, position, message);
}
