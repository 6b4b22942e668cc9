using System.Runtime.InteropServices;

namespace PruneTasks.Onnx.Serialization;

/// <summary>Reads an <c>AttributeProto</c>.</summary>
internal static class AttributeReader
{
    private const int MaxDepth = 32;

    private static readonly AttributeData Opaque = new() { IsOpaque = true };

    /// <param name="attribute">The message.</param>
    /// <param name="external">Files beside the model.</param>
    /// <param name="depth">How many bodies the node lies in.</param>
    public static AttributeData Read(WireMessage attribute, ExternalData external, int depth)
    {
        if (attribute.Last(AttributeFields.RefAttrName) is not null) return Opaque with { };
        return KindOf(attribute) switch
        {
            AttributeTypes.Float => new AttributeData { Float = attribute.Last(AttributeFields.Float) is { } f ? attribute.Float(f) : 0 },
            AttributeTypes.Int => new AttributeData { Int = attribute.IntOf(AttributeFields.Int) },
            AttributeTypes.String => Text(attribute),
            AttributeTypes.Tensor => Tensor(attribute, external),
            AttributeTypes.Floats => new AttributeData { Floats = MemoryMarshal.Cast<byte, float>(attribute.Fixed(AttributeFields.Floats, WireType.Fixed32).Span).ToArray() },
            AttributeTypes.Ints => new AttributeData { Ints = [.. attribute.Ints(AttributeFields.Ints)] },
            AttributeTypes.Strings => Texts(attribute),
            AttributeTypes.Graph => Bodies(attribute, AttributeFields.Graph, external, depth),
            AttributeTypes.Graphs => Bodies(attribute, AttributeFields.Graphs, external, depth),
            _ => Opaque with { },
        };
    }

    // IR version 1 had no type field; what is there tells.
    private static long KindOf(WireMessage attribute)
    {
        long type = attribute.IntOf(AttributeFields.Type);
        if (type != AttributeTypes.Undefined) return type;
        foreach (WireField field in attribute.Fields)
        {
            switch (field.Number)
            {
                case AttributeFields.Float: return AttributeTypes.Float;
                case AttributeFields.Int: return AttributeTypes.Int;
                case AttributeFields.String: return AttributeTypes.String;
                case AttributeFields.Tensor: return AttributeTypes.Tensor;
                case AttributeFields.Graph: return AttributeTypes.Graph;
                case AttributeFields.Floats: return AttributeTypes.Floats;
                case AttributeFields.Ints: return AttributeTypes.Ints;
                case AttributeFields.Strings: return AttributeTypes.Strings;
                case AttributeFields.Graphs: return AttributeTypes.Graphs;
                default: break;
            }
        }
        return AttributeTypes.Undefined;
    }

    private static AttributeData Text(WireMessage attribute)
    {
        if (attribute.Last(AttributeFields.String) is not { } field) return "";
        // STRING may hold any bytes; what is not text stays as it came.
        return attribute.TryText(field) is { } text ? text : Opaque with { };
    }

    private static AttributeData Texts(WireMessage attribute)
    {
        string?[] texts = [.. attribute.All(AttributeFields.Strings).Select(attribute.TryText)];
        return texts.Contains(null) ? Opaque with { } : new AttributeData { Strings = [.. texts.Select(t => t!)] };
    }

    private static AttributeData Bodies(WireMessage attribute, int number, ExternalData external, int depth) => Opaque with
    {
        Bodies = [.. attribute.All(number).Select(field =>
            depth < MaxDepth ? GraphReader.ReadBody(attribute.Message(field), external, depth + 1) : throw attribute.Fail(field, OnnxFormatError.TooDeep, "control-flow bodies are nested too deeply"))],
    };

    private static AttributeData Tensor(WireMessage attribute, ExternalData external)
    {
        if (attribute.Last(AttributeFields.Tensor) is not { } field)
            throw new OnnxFormatException(OnnxFormatError.InvalidField, attribute.Origin, "a tensor attribute holds no tensor");
        return TensorReader.Read(attribute.Message(field), external) is { } tensor ? tensor : Opaque with { };
    }
}
